import type { Scheduler } from '../../core/clock.ts'
import { TRACED_REQUESTS_MAX } from '../../core/limits.ts'
import type { Random } from '../../core/random.ts'
import type { RequestRecord } from '../../core/record.ts'
import { newSpanId } from '../../core/traceparent.ts'
import { type RunFacts, runSpan } from './run-span.ts'
import { openSpanQueue, type SendSpans } from './span-queue.ts'
import { spansOf } from './spans-of.ts'

/** What the pipeline's end tells the traces. */
export interface Tracer {
  /** Appends the spans of a finished request; nothing if its trace is not sampled. */
  record(record: RequestRecord): void
  /** Appends the span of a command that was asked for; nothing if its caller's trace is not sampled, or there is none. */
  recordRun(run: RunFacts): void
  /** Sends what waits, for a while; then gives up. */
  close(): Promise<void>
}

export interface TracerOptions {
  readonly send: SendSpans
  readonly scheduler: Scheduler
  readonly random: Random
  onSent(spans: number): void
  onLost(spans: number): void
}

/** Spans wait at most this long, in ms. */
const DRAIN_INTERVAL_MS = 2_000
const BATCH_SPANS_MAX = 512
/** Most requests have one attempt: two spans. */
const SPANS_MAX = TRACED_REQUESTS_MAX * 2
/** How long the end of the process waits for the collector, in ms. */
const EXIT_DRAIN_MS = 2_000

export function openTracer(options: TracerOptions): Tracer {
  const { scheduler, random, send, onSent, onLost } = options
  const queue = openSpanQueue({ send, spansMax: SPANS_MAX, batchMax: BATCH_SPANS_MAX, onSent, onLost })
  const cancel = scheduler.every(DRAIN_INTERVAL_MS, () => void queue.drain())
  return {
    record(record) {
      if (record.isSampled) queue.add(spansOf(record, random))
    },
    recordRun(run) {
      if (run.trace?.isSampled) queue.add([runSpan(run, run.trace, newSpanId(random))])
    },
    async close() {
      cancel()
      const { promise, resolve } = Promise.withResolvers<void>()
      const giveUp = scheduler.after(EXIT_DRAIN_MS, resolve)
      await Promise.race([queue.drain(), promise])
      giveUp()
    },
  }
}
