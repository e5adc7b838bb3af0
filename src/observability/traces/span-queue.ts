import type { Span } from './spans-of.ts'

/** Where spans go. Resolves to true if they were taken; never rejects. */
export type SendSpans = (spans: readonly Span[]) => Promise<boolean>

export interface SpanQueueOptions {
  readonly send: SendSpans
  /** Spans that wait; beyond it they are left out. */
  readonly spansMax: number
  /** Largest batch sent at once. */
  readonly batchMax: number
  onSent(spans: number): void
  onLost(spans: number): void
}

/**
 * Stands between the requests, which only ever append, and a collector that may be slow or dead: one batch is under
 * way at a time, and what does not fit is left out and counted.
 */
export interface SpanQueue {
  /** All of a request's spans, or none. */
  add(spans: readonly Span[]): void
  /** Sends what waits, batch by batch; joins in where that is under way. */
  drain(): Promise<void>
}

export function openSpanQueue(options: SpanQueueOptions): SpanQueue {
  let waiting: Span[] = []
  let draining: Promise<void> | null = null

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, options.batchMax)
      waiting = waiting.slice(options.batchMax)
      const isTaken = await options.send(batch)
      if (isTaken) options.onSent(batch.length)
      else options.onLost(batch.length)
    }
  }

  return {
    add(spans) {
      if (waiting.length + spans.length > options.spansMax) options.onLost(spans.length)
      else waiting.push(...spans)
    },
    drain() {
      draining ??= sendAll().finally(() => {
        draining = null
      })
      return draining
    },
  }
}
