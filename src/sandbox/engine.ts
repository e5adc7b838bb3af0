import type { Scheduler } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'

export interface EngineAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The docker client, as the composition root wants it called. */
export interface EngineOptions {
  /** Name or path of the client. */
  readonly client: string
  /** The client's whole environment: PATH, and DOCKER_HOST and its kin if the operator set them. Nothing of lynkr's. */
  readonly environment: Readonly<Record<string, string>>
  readonly scheduler: Scheduler
}

/** What the client is asked besides running a command: short questions with short answers. */
export interface Engine extends EngineOptions {
  /** Throws `sandbox_unavailable` if the client cannot be started or does not answer in time. */
  ask(
    args: readonly string[],
    options?: { readonly timeoutMs?: number; readonly stdin?: ReadableStream | Blob },
  ): Promise<EngineAnswer>
}

/** Longest wait for one answer, ms. A healthy engine takes under 100; a hung one must not hold a request. */
const ANSWER_MS_MAX = 10_000

export function createEngine(options: EngineOptions): Engine {
  return {
    ...options,
    async ask(args, { timeoutMs = ANSWER_MS_MAX, stdin } = {}) {
      const child = spawnClient(options, args, stdin)
      // Nobody waits for the end of a killed client's output: a client of its own, as of a script, may still hold it.
      const killed = Promise.withResolvers<null>()
      let isLate = false
      const cancel = options.scheduler.after(timeoutMs, () => {
        isLate = true
        child.kill('SIGKILL')
        void child.exited.then(() => killed.resolve(null))
      })
      try {
        const answer = Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
        const told = await Promise.race([answer, killed.promise])
        if (isLate || told === null) throw unavailable(`the container engine did not answer within ${timeoutMs} ms`)
        const [stdout, stderr, exitCode] = told
        return { exitCode, stdout, stderr }
      } finally {
        cancel()
      }
    },
  }
}

/** Starts the client; a missing one is `sandbox_unavailable`, never a reason to run on the host. */
export function spawnClient(options: EngineOptions, args: readonly string[], stdin?: ReadableStream | Blob) {
  try {
    return Bun.spawn([options.client, ...args], {
      env: { ...options.environment },
      stdin: stdin ?? 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
  } catch (error) {
    throw unavailable(`the docker client ${options.client} cannot be started`, error)
  }
}

export function unavailable(message: string, cause?: unknown): ProxyError {
  return new ProxyError('sandbox_unavailable', message, cause === undefined ? {} : { cause })
}
