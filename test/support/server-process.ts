import { createServer } from 'node:net'

/** A server of ours running in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** What it has printed so far, stdout and stderr; empty with `output: 'ignore'`. */
  readonly output: () => string
  /** Resolves to the exit code, whatever ended the process. */
  readonly exited: Promise<number>
  /** SIGTERM, then SIGKILL after a minute; resolves to the exit code, when all that was printed is in `output`. */
  readonly stop: () => Promise<number>
}

export interface ServerOptions {
  readonly port: number
  /** The whole environment besides PATH, LYNKR_WORKERS and `UNHURRIED`: nothing leaks in from the caller's. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Any answer on this path means that the server listens. */
  readonly readyPath: string
  readonly output?: 'capture' | 'ignore'
  /** It refuses requests when the processor is short, as it does by default; what a suite is about, if it says so. */
  readonly sheds?: boolean
}

/** Every suite can be run against several workers: `LYNKR_WORKERS=2 bun run test:prometheus`. */
export const WORKERS: Readonly<Record<string, string>> =
  process.env.LYNKR_WORKERS === undefined ? {} : { LYNKR_WORKERS: process.env.LYNKR_WORKERS }

/** A machine that is short of processors, as others keep it busy, must not make lynkr refuse what a suite sends. */
export const UNHURRIED: Readonly<Record<string, string>> = {
  LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: '60000',
  LOAD_SHEDDING_LOOP_LAG_THRESHOLD: '60000',
}

/** Limits for what will never happen; a loaded machine needs its time. */
const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 60_000

/**
 * Starts a command and waits until it answers.
 *
 * @throws Error with the command's output when it exits early or does not answer within a minute
 */
export async function startServer(command: readonly string[], options: ServerOptions): Promise<ServerProcess> {
  const capture = options.output !== 'ignore'
  const child = Bun.spawn([...command], {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      ...WORKERS,
      ...(options.sheds !== true && UNHURRIED),
      ...options.env,
    },
    stdin: 'ignore',
    stdout: capture ? 'pipe' : 'ignore',
    stderr: capture ? 'pipe' : 'ignore',
  })
  const printed: string[] = []
  const read = [child.stdout, child.stderr].map((stream) => (stream ? collect(stream, printed) : null))
  const output = (): string => printed.join('')
  const url = `http://127.0.0.1:${options.port}`
  const stop = async (): Promise<number> => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    const code = await child.exited
    clearTimeout(late)
    await Promise.all(read)
    return code
  }
  const isRunning = (): boolean => child.exitCode === null
  const ready =
    (await answers(`${url}${options.readyPath}`, isRunning)) && (await hasWholeCrew(url, options, isRunning))
  if (ready) return { pid: child.pid, port: options.port, url, output, exited: child.exited, stop }
  await stop()
  throw new Error(`${command.join(' ')} did not answer on ${url}${options.readyPath}\n${output()}`)
}

type Judge = (response: Response) => boolean | Promise<boolean>
const ANY: Judge = () => true

/** @returns whether the address gave an answer of any status that is good within a minute, while `alive` */
async function answers(url: string, alive: () => boolean, isGood = ANY): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (alive() && performance.now() < deadline) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null)
    if (response !== null && (await isGood(response))) return true
    await Bun.sleep(10)
  }
  return false
}

/**
 * The first worker answers while others still start: what a suite does to files and configuration then would hit those
 * in the middle of it.
 *
 * @returns whether all workers serve, where a suite is run against several
 */
async function hasWholeCrew(url: string, { readyPath }: ServerOptions, alive: () => boolean): Promise<boolean> {
  if (WORKERS.LYNKR_WORKERS === undefined || !readyPath.startsWith('/health/')) return true
  return answers(`${url}/health/ready`, alive, async (response) => {
    const report = (await response.json().catch(() => null)) as { workers?: { healthy: boolean } } | null
    return report?.workers?.healthy !== false
  })
}

async function collect(stream: ReadableStream<Uint8Array>, into: string[]): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) into.push(decoder.decode(chunk, { stream: true }))
}

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** How lynkr is started: the words of `LYNKR_COMMAND` (say `dist/lynkr`), else from source with this Bun. */
export function lynkrCommand(): readonly string[] {
  const command = process.env.LYNKR_COMMAND?.trim()
  return command ? command.split(/\s+/) : [process.execPath, 'src/main.ts']
}
