import { totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, Scheduler } from '../core/clock.ts'
import { readText } from './control-groups.ts'
import { memoryLimitBytes } from './memory-limit.ts'
import { createRateWindow } from './rate-window.ts'
import type { Metrics } from './recorder.ts'

/** How the process feels, at most one sampling interval old. */
export interface ProcessSignals {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** cgroup limit, or the machine's memory. */
  readonly memoryLimitBytes: number
  /** 99th percentile of the event loop's delay since the last sample; 0 if nothing was under way then. */
  readonly loopLagMs: number
}

/** The operating system as the sampler sees it. */
export interface ProcessProbe {
  memory(): { readonly rssBytes: number; readonly heapUsedBytes: number }
  memoryLimitBytes(): number
  /** 99th percentile since the last call. */
  loopLagMs(): number
  close(): void
}

export interface SignalSampler {
  /** The latest sample: reading it costs nothing, so the shedder may do so for every request. */
  latest(): ProcessSignals
  close(): void
}

export const SAMPLE_INTERVAL_MS = 1_000

/** The autoscaler's window. */
const RATE_WINDOW_MS = 15_000

/**
 * Samples the process once a second, now the first time; the metrics that describe it and the request rate follow.
 *
 * @param onSample called with every sample; typically `showSignals` for the metrics
 */
export function openSignalSampler(
  probe: ProcessProbe,
  scheduler: Scheduler,
  onSample: (signals: ProcessSignals) => void,
): SignalSampler {
  const take = (memory: ReturnType<ProcessProbe['memory']>): ProcessSignals => ({
    rssBytes: memory.rssBytes,
    heapUsedBytes: memory.heapUsedBytes,
    memoryLimitBytes: probe.memoryLimitBytes(),
    loopLagMs: probe.loopLagMs(),
  })
  let signals = take(probe.memory())
  onSample(signals)
  const cancel = scheduler.every(SAMPLE_INTERVAL_MS, () => {
    signals = take(tryMemory(probe) ?? signals)
    onSample(signals)
  })
  return {
    latest: () => signals,
    close() {
      cancel()
      probe.close()
    },
  }
}

/** `null` where the system does not say: a process that is out of descriptors cannot look, and need not end for it. */
function tryMemory(probe: ProcessProbe): ReturnType<ProcessProbe['memory']> | null {
  try {
    return probe.memory()
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}

/** Makes the `onSample` that keeps the process gauges, the uptime and the request rate of `metrics` up to date. */
export function showSignals({ families }: Metrics, clock: Clock): (signals: ProcessSignals) => void {
  const startedMs = clock.nowMs()
  const rate = createRateWindow(RATE_WINDOW_MS)
  families.startTime.set(clock.wallMs() / 1000)
  return (signals) => {
    const nowMs = clock.nowMs()
    families.rss.set(signals.rssBytes)
    families.heap.set(signals.heapUsedBytes)
    families.memoryLimit.set(signals.memoryLimitBytes)
    families.loopLag.set(signals.loopLagMs / 1000)
    families.uptime.set((nowMs - startedMs) / 1000)
    families.requestsPerSecond.set(rate.sample(families.requests.total(), nowMs))
  }
}

/**
 * The real process. The cgroup limit is read once: changing it under a running process is not supported.
 *
 * @param underWay asked at each sample: an idle process is not woken a hundred times a second to learn that it waits
 */
export function openProcessProbe(underWay: { readonly size: number }): ProcessProbe {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const limitBytes = memoryLimitBytes(readText, totalmem())
  return {
    memory() {
      const { rss, heapUsed } = process.memoryUsage()
      return { rssBytes: rss, heapUsedBytes: heapUsed }
    },
    memoryLimitBytes: () => limitBytes,
    loopLagMs() {
      const lagMs = delay.count === 0 ? 0 : delay.percentile(99) / 1e6
      delay.reset()
      if (underWay.size > 0) delay.enable()
      else delay.disable()
      return lagMs
    },
    close: () => void delay.disable(),
  }
}
