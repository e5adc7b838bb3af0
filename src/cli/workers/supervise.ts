import { availableParallelism } from 'node:os'
import type { Environment } from '../../config/environment.ts'
import { formatIssues } from '../../config/issue.ts'
import type { Settings } from '../../config/load.ts'
import { authority } from '../../core/authority.ts'
import { holdingScheduler, systemClock, systemScheduler } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { readText } from '../../observability/control-groups.ts'
import type { Logger } from '../../observability/logger.ts'
import { processorLimit } from '../../observability/processor-limit.ts'
import { SECOND_SIGNAL_EXIT_MS } from '../../resilience/shutdown-plan.ts'
import { banner } from '../banner.ts'
import { readAgain } from '../reload.ts'
import { tryTakePort } from '../take-port.ts'
import { watchFile } from '../watch-file.ts'
import { type CrewControl, openCrew, type Plan } from './crew.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { spawnWorker } from './spawn-worker.ts'

/** Beyond a worker's own time, in which it writes what is left: a slow machine is late with that, and what is killed is lost. */
const KILL_AFTER_MS = 10_000

/** How many workers are asked for; for `auto` one per processor that the machine, or a container's limit, leaves to lynkr. */
export function workerCount({ workers }: Pick<Settings, 'workers'>): number {
  return workers === 'auto' ? processorLimit(readText, availableParallelism()) : workers
}

export interface SuperviseOptions {
  readonly settings: Settings
  readonly environment: Environment
  readonly logger: Logger
  /** Resolves when whoever started lynkr is gone; `null` where that is no reason to stop. */
  readonly abandoned: Promise<void> | null
}

/**
 * Runs several workers on one port until it is told to stop: SIGTERM and SIGINT end them as they would end one process,
 * SIGUSR1 makes all unready, SIGUSR2 turns debug lines on and off in all, SIGHUP replaces them one by one with the
 * configuration as it is now; one that ends unasked is started again with that of the others.
 *
 * @returns the exit code: 0 if every worker ended well; that of a worker that could not start
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { settings, environment, logger } = options
  const port = await tryTakePort(settings)
  if (port === null) return 1
  const address = { host: settings.host, port }
  const crew = openCrew({
    clock: systemClock,
    scheduler: holdingScheduler,
    random: systemRandom,
    logger,
    spawn: (plan, onMessage) => spawnWorker(environment, { ...plan, ...address }, onMessage),
  })
  const stopped = listen(crew, options)
  const begun = await Promise.race([crew.start(planOf(settings)), stopped])
  if (typeof begun === 'number') {
    await crew.stop('SIGTERM', KILL_AFTER_MS)
    return begun
  }
  const needsKey = settings.requireKeys || settings.apiKeys.length + settings.keys.length > 0
  const url = `http://${authority(settings.host, port)}`
  if (begun === null) process.stderr.write(banner({ url, settings, needsKey }))
  const how = await stopped
  logger.info({ reason: how }, 'shutting down the workers')
  return crew.stop(how, KILL_AFTER_MS)
}

function planOf(settings: Settings): Plan {
  return {
    workers: workerCount(settings),
    graceMs: settings.gracefulShutdownTimeoutMs,
    configuration: { file: settings.configFile, text: settings.configText?.reveal() ?? null },
  }
}

/** Resolves with the first signal that asks for the end; the second ends everything within a second. */
function listen(crew: CrewControl, options: SuperviseOptions) {
  const { settings, abandoned } = options
  process.on('SIGUSR1', () => crew.drain())
  process.on('SIGUSR2', () => crew.turnDebug(settings.logLevel === 'debug' || settings.logLevel === 'trace'))
  const roll = oneAtATime(() => {
    watch.see()
    return reload(crew, options)
  })
  const watch = watchFile(settings, systemScheduler, roll)
  return new Promise<'SIGTERM' | 'SIGINT'>((resolve) => {
    let isAsked = false
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isAsked) return endNow(crew)
      isAsked = true
      resolve(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    process.on('SIGHUP', (signal) => {
      // A terminal that is closed means the end; without one, somebody asks for a reload.
      if (process.stdin.isTTY) onSignal(signal)
      else roll()
    })
    void abandoned?.then(() => resolve('SIGINT'))
  })
}

/** Each worker has a little less time, to end what it has under way. */
function endNow(crew: CrewControl): void {
  crew.stopNow()
  holdingScheduler.after(SECOND_SIGNAL_EXIT_MS * 0.9, () => {
    crew.kill()
    process.exit(1)
  })
}

/** A configuration that is wrong changes nothing, and the log says what is wrong with it. */
async function reload(crew: CrewControl, { environment, settings, logger }: SuperviseOptions): Promise<void> {
  const read = readAgain(environment, settings)
  if ('issues' in read) {
    crew.count('rejected')
    logger.error({ issues: formatIssues(read.issues) }, 'the configuration is wrong; nothing changes')
    return
  }
  crew.count((await crew.roll(planOf(read.settings))) ? 'applied' : 'rejected')
}
