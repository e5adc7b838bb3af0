import type { Clock, Scheduler } from '../core/clock.ts'
import type { CommandOutput, CommandResult } from '../core/commands.ts'
import { containerName, dockerRunArgv, type RunPlan } from './docker-argv.ts'
import { type Engine, spawnClient, unavailable } from './engine.ts'
import { createRedactor } from './redact.ts'
import { findContainers, removeContainer } from './remove-container.ts'

export interface RunContainerOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly scheduler: Scheduler
  /** Values that must not appear in the output. */
  readonly secrets: readonly string[]
  readonly signal: AbortSignal
  readonly onOutput: (output: CommandOutput) => void
}

/**
 * Runs one plan to its end: by itself, at a limit, or because the caller is gone. When it resolves, the container is no
 * more; if the engine stops answering meanwhile it throws, and the container is the caller's to look after.
 *
 * Throws `sandbox_unavailable` when the engine refused: nothing ran then, and never on the host.
 */
export async function runContainer(plan: RunPlan, options: RunContainerOptions): Promise<CommandResult> {
  const { clock, scheduler, signal } = options
  const startedMs = clock.nowMs()
  const child = spawnClient(options.engine, dockerRunArgv(plan))
  let ending: CommandResult['ending'] = 'exited'
  let removal: Promise<void> | null = null
  // A client that is a script may end, or be killed, and leave another behind that holds the output: that it has ended
  // is no end of the run, and once the container is gone no end of the output is waited for.
  let isOver = false
  let cancelRest = (): void => undefined
  const cut = Promise.withResolvers<void>()
  const stop = (reason: CommandResult['ending']): void => {
    if (removal !== null || isOver) return
    ending = reason
    removal = endRun(plan, options, child)
    removal.then(() => {
      cancelRest = scheduler.after(REST_MS_MAX, cut.resolve)
    }, cut.reject)
  }
  const meter = createMeter(plan.limits.outputBytes, () => stop('output_cap'))
  const cancelTimer = scheduler.after(plan.limits.timeoutMs, () => stop('timeout'))
  const onAbort = (): void => stop('cancelled')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const stderr = holdEngineErrors(options.onOutput)
    const output = Promise.all([
      pump(child.stdout, meter, options.secrets, (text) => options.onOutput({ stream: 'stdout', text })),
      pump(child.stderr, meter, options.secrets, stderr.push),
    ])
    await Promise.race([output, cut.promise])
    const exitCode = await child.exited
    isOver = true
    await removal
    const refusal = stderr.end(exitCode >= 125 && exitCode <= 127)
    if (refusal !== null && ending === 'exited') throw engineRefused(exitCode, refusal)
    if (ending === 'exited') await refuseIfLost(plan, options, child)
    const durationMs = clock.nowMs() - startedMs
    return {
      runId: plan.runId,
      ending,
      exitCode: ending === 'exited' ? exitCode : null,
      outputBytes: meter.bytes(),
      durationMs,
    }
  } finally {
    isOver = true
    cancelTimer()
    cancelRest()
    signal.removeEventListener('abort', onAbort)
  }
}

/** What a client still says when its container is gone is there at once. */
const REST_MS_MAX = 1_000

/** The client's own code, which a command may have as well. */
const CLIENT_FAILED = 125

/**
 * A client that lost its engine in mid-run, or that was killed (as by a system short of memory), leaves the container
 * behind: what it wrote is no result.
 */
async function refuseIfLost(plan: RunPlan, options: RunContainerOptions, child: Child): Promise<void> {
  const { engine, scheduler } = options
  const name = containerName(plan.runId)
  const isKilled = child.signalCode !== null
  if (!isKilled && child.exitCode !== CLIENT_FAILED) return
  if (!isKilled && (await findContainers(engine, [`name=^/${name}$`, 'status=running'])).length === 0) return
  await removeContainer(engine, name, scheduler)
  throw unavailable(`the ${isKilled ? 'docker client' : 'container engine'} was lost while the command ran`)
}

type Child = ReturnType<typeof spawnClient>

/** Bun tells an exit code, or the signal that ended it. */
function hasEnded(child: Child): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Kills the container, then makes sure that its client ends too: a hung engine must not hold the caller. */
async function endRun(plan: RunPlan, options: RunContainerOptions, child: Child): Promise<void> {
  try {
    const name = containerName(plan.runId)
    const isGone = await removeContainer(options.engine, name, options.scheduler, () => !hasEnded(child))
    if (!isGone) throw unavailable('the container engine does not let go of a container')
  } finally {
    if (!hasEnded(child)) child.kill('SIGKILL')
    await child.exited
  }
}

interface Meter {
  /** Takes a chunk's length, gives how much of it is still within the limit. */
  take(length: number): number
  bytes(): number
}

function createMeter(bytesMax: number, onFull: () => void): Meter {
  let bytes = 0
  return {
    take(length) {
      const allowed = Math.max(0, Math.min(length, bytesMax - bytes))
      bytes += allowed
      if (allowed < length) onFull()
      return allowed
    },
    bytes: () => bytes,
  }
}

/** Reads a stream to its end, so that the client can never block on it; beyond the limit nothing is kept. */
async function pump(
  stream: ReadableStream<Uint8Array>,
  meter: Meter,
  secrets: readonly string[],
  write: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const redactor = createRedactor(secrets)
  const emit = (text: string): void => {
    if (text !== '') write(text)
  }
  let isCut = false
  for await (const chunk of stream) {
    const allowed = meter.take(chunk.length)
    isCut ||= allowed < chunk.length
    if (allowed > 0) emit(redactor.push(decoder.decode(chunk.subarray(0, allowed), { stream: true })))
  }
  emit(redactor.push(decoder.decode()))
  emit(redactor.end(isCut))
}

/** The client says its own errors on stderr, this way. */
const ENGINE_ERROR = 'docker: '

/** Before them it may have warned, such as of an image for another platform; commands warn in the same way. */
const WARNING = 'WARNING: '
const WARNINGS = /^(?:WARNING: .*\n)*/
const WARNINGS_CHARS_MAX = 4_096

/** Whether a text is, or may become, an error of the client. */
function mayBeEngineError(text: string): boolean {
  const rest = text.replace(WARNINGS, '')
  if (rest.startsWith(ENGINE_ERROR) || ENGINE_ERROR.startsWith(rest)) return true
  return text.length < WARNINGS_CHARS_MAX && (rest.startsWith(WARNING) || WARNING.startsWith(rest))
}

/**
 * Text on stderr that begins like an error of the client is held back until the exit code tells whose it was: the
 * engine's belongs in lynkr's log, as it names paths of the host.
 */
function holdEngineErrors(onOutput: (output: CommandOutput) => void) {
  let held: string | null = ''
  const pass = (text: string): void => onOutput({ stream: 'stderr', text })
  return {
    push(text: string): void {
      if (held === null) return pass(text)
      held += text
      if (mayBeEngineError(held)) return
      pass(held)
      held = null
    },
    /** Gives the engine's error, or passes on what was held because the command itself wrote it. */
    end(isEngineExit: boolean): string | null {
      if (held === null || held === '') return null
      if (isEngineExit && held.replace(WARNINGS, '').startsWith(ENGINE_ERROR)) return held
      pass(held)
      return null
    },
  }
}

function engineRefused(exitCode: number, text: string) {
  const reason = exitCode === 125 ? 'the container engine refused the run' : 'the image cannot start this program'
  return unavailable(`${reason}; lynkr's log has its words`, new Error(text.slice(0, 2000)))
}
