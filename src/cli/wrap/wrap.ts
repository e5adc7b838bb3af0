import { createWriteStream, openSync, type WriteStream } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { type Environment, readEnvironment } from '../../config/environment.ts'
import { formatIssues } from '../../config/issue.ts'
import { loadSettings } from '../../config/load.ts'
import { systemClock } from '../../core/clock.ts'
import { secureBytes } from '../../core/random.ts'
import { systemProblem } from '../../core/system-error.ts'
import { type OwnServer, startOwnServer } from '../own-server.ts'
import { clientNamed, type WrappedClient } from './clients.ts'
import { findProgram, NOT_RUNNABLE, startProblem } from './find-program.ts'
import { summaryLine, summaryOf } from './summary.ts'

export interface WrapOptions {
  /** A client of the table, or any program. */
  readonly client: string
  /** Passed on as they are. */
  readonly args: readonly string[]
  /** `MODEL_PROVIDER` for this run. */
  readonly provider?: string
  /** File that gets lynkr's log of this run. */
  readonly log?: string
  readonly json: boolean
  readonly quiet: boolean
}

/**
 * `lynkr wrap CLIENT …`: a lynkr of its own on a free port, the client with the variables that lead it there, and at
 * the end what it came to, on stderr.
 *
 * @returns the client's exit code, 128 + n if signal n ended it; 127 if it is not there, 126 if it cannot be run, 2 for
 *          a wrong configuration
 */
export async function wrap(options: WrapOptions): Promise<number> {
  const client = clientNamed(options.client)
  const environment = wrapEnvironment(readEnvironment(), options.provider)
  const found = findProgram(client, environment.PATH ?? '')
  if ('wrong' in found) return complain(found.wrong, found.code)
  const loaded = loadSettings(environment)
  if ('issues' in loaded) return complain(formatIssues(loaded.issues).trimEnd(), 2)
  // A key that budgets and limits know is used as it is; else one that lives as long as the run.
  const token = environment.LYNKR_KEY ?? loaded.settings.apiKeys[0] ?? secureBytes(24).toHex()
  const keys = environment.LYNKR_KEY === undefined ? { LYNKR_API_KEYS: token } : {}
  const log = tryOpenLog(options.log)
  if (log instanceof Error) return complain(`--log ${options.log}: ${systemProblem(log)}`, 2)
  const server = await startOwnServer({
    environment: { ...environment, ...keys },
    ...(log !== null && { onLog: (text) => void log.write(text) }),
  })
  if ('said' in server) return complain(server.said.trimEnd(), server.code || 1)
  if (loaded.settings.defaultProvider === null && !options.quiet) {
    process.stderr.write('lynkr: no provider is configured; the SIMULATOR answers. `lynkr init` sets one up.\n')
  }
  try {
    return await runClient({ client, program: found.program, server, token, environment }, options)
  } finally {
    await server.stop()
    if (log !== null) await written(log)
  }
}

/** `null` where no log is wanted; the error where it cannot be written. */
function tryOpenLog(path: string | undefined): WriteStream | Error | null {
  if (path === undefined) return null
  try {
    return createWriteStream(path, { fd: openSync(path, 'w', 0o600) })
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown))
  }
}

/** What waits for the disk would be lost with the process. */
function written(log: WriteStream): Promise<void> {
  return new Promise((resolve) => void log.end(() => resolve()))
}

interface Run {
  readonly client: WrappedClient
  readonly program: string
  readonly server: OwnServer
  readonly token: string
  readonly environment: Environment
}

async function runClient({ client, program, server, token, environment }: Run, options: WrapOptions): Promise<number> {
  const door = { url: server.url, token }
  const startMs = systemClock.nowMs()
  let child: Bun.Subprocess | null = null
  // Before it starts, for a signal may come with its first breath.
  passSignalsOn((signal) => child?.kill(signal))
  try {
    child = Bun.spawn([program, ...client.args(door), ...options.args], {
      env: { ...environment, ...client.environment(door) },
      stdio: ['inherit', 'inherit', 'inherit'],
    })
  } catch (thrown) {
    return complain(startProblem(thrown, options.client), NOT_RUNNABLE)
  }
  await child.exited
  const code = child.exitCode ?? 128 + signalNumber(child.signalCode)
  if (options.quiet) return code
  const snapshot = await server.snapshot()
  if (snapshot === null) return complain('lynkr did not say what the run came to; --log FILE keeps its log', code)
  const summary = summaryOf(client.id, code, systemClock.nowMs() - startMs, snapshot)
  process.stderr.write(options.json ? `${JSON.stringify(summary)}\n` : summaryLine(summary))
  return code
}

function signalNumber(name: string | number | null): number {
  return Object.entries(constants.signals).find(([signal]) => signal === name)?.[1] ?? 0
}

/** At a terminal Ctrl-C reaches the client by itself: passed on, it would count twice, which many take for "leave". */
function passSignalsOn(kill: (signal: NodeJS.Signals) => void): void {
  // Touching process.stdin would open the stream that is the client's to read.
  const isForeground = isatty(0)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, kill)
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, isForeground ? () => undefined : kill)
}

/** The variable would be read by lynkr and the client alike, but means another thing to each. */
function wrapEnvironment(environment: Environment, provider: string | undefined): Environment {
  return provider === undefined ? environment : { ...environment, MODEL_PROVIDER: provider }
}

function complain(message: string, code: number): number {
  process.stderr.write(`lynkr wrap: ${message}\n`)
  return code
}
