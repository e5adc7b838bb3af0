import type { Clock, Scheduler } from '../core/clock.ts'
import type { CommandOutput, CommandResult } from '../core/commands.ts'
import { containerName, dockerRunArgv, type RunPlan } from './docker-argv.ts'
import { type Engine, spawnClient, unavailable } from './engine.ts'
import { findContainers, removeContainer } from './remove-container.ts'
import { createMeter, holdEngineErrors, pump } from './run-output.ts'

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
  // The client may be a script that ends, or is killed, and leaves a child that holds the output open. So its end is not the
  // end of the run, and once the container is gone nobody waits for the end of the output.
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

/** How long output is still read once the container is gone: what there is comes at once. */
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

function engineRefused(exitCode: number, text: string) {
  const reason = exitCode === 125 ? 'the container engine refused the run' : 'the image cannot start this program'
  return unavailable(`${reason}; lynkr's log has its words`, new Error(text.slice(0, 2000)))
}
