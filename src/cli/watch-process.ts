import type { Settings } from '../config/load.ts'
import { systemClock, systemScheduler } from '../core/clock.ts'
import type { Provider } from '../core/target.ts'
import {
  openProcessProbe,
  openSignalSampler,
  type ProcessSignals,
  type SignalSampler,
  showSignals,
} from '../observability/process-signals.ts'
import type { Metrics } from '../observability/recorder.ts'
import type { Protections } from '../pipeline/protections.ts'
import type { FairTurns } from '../resilience/fair-turns.ts'
import { showBreakers, showLimits } from './compose-operations.ts'
import { openShedderRefresh, watchQueue } from './watch-load.ts'

export interface Watched {
  readonly settings: Settings
  readonly metrics: Metrics
  readonly protections: Protections
  readonly turns: FairTurns
  readonly providers: readonly Provider[]
  /** Number of workers, which share the machine's memory. */
  readonly workers: number
}

/** Samples the process once a second, for the metrics, the shedder and the gauges of breakers and limits, until it is closed. */
export function watchProcess({ settings, metrics, protections, turns, providers, workers }: Watched): SignalSampler {
  const time = { clock: systemClock, scheduler: systemScheduler }
  const queue = watchQueue(protections, settings.loadSheddingQueueWaitMs, { ...time, turns })
  const show = showSignals(metrics, systemClock)
  const refreshShedder = openShedderRefresh(protections, systemClock)
  const sampler = openSignalSampler(openProcessProbe(protections.open), systemScheduler, (signals) => {
    show(signals)
    refreshShedder(partOf(signals, workers), queue.takeWorstMs())
    showBreakers({ providers, protections, metrics, clock: systemClock })
    showLimits({ protections, metrics })
  })
  return {
    latest: () => partOf(sampler.latest(), workers),
    close() {
      queue.close()
      sampler.close()
    },
  }
}

/** The signals with a worker's part of the memory that all of them share. */
function partOf(signals: ProcessSignals, workers: number): ProcessSignals {
  return { ...signals, memoryLimitBytes: signals.memoryLimitBytes / workers }
}
