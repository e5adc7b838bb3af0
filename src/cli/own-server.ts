import type { Environment } from '../config/environment.ts'
import { withEngineSettings } from '../config/reexec.ts'
import { holdingScheduler, sleep } from '../core/clock.ts'
import { textOf, tryObjectIn } from '../core/json.ts'
import type { Snapshot } from '../observability/snapshot.ts'
import { ownCommand } from './own-command.ts'

/** A lynkr on a free port of loopback that lives no longer than this process: its standard input is a pipe of ours. */
export interface OwnServer {
  readonly url: string
  /** Resolves to its exit code. */
  readonly exited: Promise<number>
  /** What it counted so far, once nothing is under way any more; `null` if it does not say. */
  snapshot(): Promise<Snapshot | null>
  /** Lets it finish, and resolves when all of its log is told; kills it after five seconds. */
  stop(): Promise<void>
}

/** It ended before it listened: what it said to the terminal, and its exit code. */
export interface NotStarted {
  readonly said: string
  readonly code: number
}

export interface OwnServerOptions {
  /** Variables over the environment of this process. */
  readonly environment: Environment
  /** Gets every line of its log. */
  readonly onLog?: (text: string) => void
}

const STOP_WITHIN_MS = 5_000
/** On a machine that others load it takes its time. */
const ANSWER_WITHIN_MS = 10_000
/** Of what it says to the terminal, the end is kept. */
const SAID_CHARS_MAX = 16_384

/** Starts it in a session of its own, so that Ctrl-C at the terminal is for the client alone. */
export async function startOwnServer({ environment, onLog }: OwnServerOptions): Promise<OwnServer | NotStarted> {
  const child = Bun.spawn(ownCommand('serve', '--until-stdin-ends'), {
    env: {
      ...withEngineSettings(environment),
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_ENABLED: 'true',
      LOG_LEVEL: 'info',
      LYNKR_WORKERS: '1',
    },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  })
  let said = ''
  const listened = Promise.withResolvers<string>()
  const logged = forEachLine(child.stdout, (line) => {
    const url = listeningUrl(line)
    if (url !== null) listened.resolve(url)
    onLog?.(`${line}\n`)
  })
  const heard = forEachLine(child.stderr, (line) => {
    said = `${said}${line}\n`.slice(-SAID_CHARS_MAX)
  })
  const url = await Promise.race([listened.promise, child.exited])
  if (typeof url === 'number') {
    await heard
    return { said, code: url }
  }
  return {
    url,
    exited: child.exited,
    snapshot: () => settledSnapshot(url),
    async stop() {
      child.stdin.end()
      const cancel = holdingScheduler.after(STOP_WITHIN_MS, () => child.kill('SIGKILL'))
      await Promise.all([child.exited, logged])
      cancel()
    },
  }
}

/** The line `{"url":"http://127.0.0.1:…","msg":"listening"}` of its log says where it is. */
function listeningUrl(line: string): string | null {
  if (!line.includes('"msg":"listening"')) return null
  return textOf(tryObjectIn(line)?.url) || null
}

async function forEachLine(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
  }
  if (rest !== '') take(rest)
}

/** A client that has just left may have requests behind it whose bill is still being made. */
const SETTLE_TRIES = 20
const SETTLE_EVERY_MS = 50

async function settledSnapshot(url: string): Promise<Snapshot | null> {
  for (let tries = 1; ; tries++) {
    const snapshot = await takeSnapshot(url)
    if (snapshot === null || snapshot.requests.inflight === 0 || tries === SETTLE_TRIES) return snapshot
    await sleep(holdingScheduler, SETTLE_EVERY_MS, AbortSignal.timeout(ANSWER_WITHIN_MS))
  }
}

async function takeSnapshot(url: string): Promise<Snapshot | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const response = await fetch(`${url}/metrics/observability`, { signal })
    // The other end is this very program.
    return response.ok ? ((await response.json()) as Snapshot) : null
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
