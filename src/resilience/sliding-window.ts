const BUCKETS = 20

/**
 * Counts of requests and failures over the last `spanMs`, in 20 buckets: the oldest leaves when the clock enters a new
 * one, so that the window covers between 95 % and 100 % of its span.
 */
export interface SlidingWindow {
  readonly bucketMs: number
  readonly requestsByBucket: Uint32Array
  readonly failuresByBucket: Uint32Array
  /** Number of the newest bucket since the clock's start. */
  head: number
  requests: number
  failures: number
}

/** @param spanMs length of the window, > 0 */
export function newSlidingWindow(spanMs: number): SlidingWindow {
  return {
    bucketMs: spanMs / BUCKETS,
    requestsByBucket: new Uint32Array(BUCKETS),
    failuresByBucket: new Uint32Array(BUCKETS),
    head: 0,
    requests: 0,
    failures: 0,
  }
}

/** Counts one request at `nowMs` (monotonic, ≥ 0). O(1), but for up to 20 steps after a pause. */
export function record(window: SlidingWindow, isFailure: boolean, nowMs: number): void {
  advance(window, nowMs)
  const slot = window.head % BUCKETS
  window.requests += 1
  window.requestsByBucket[slot] = at(window.requestsByBucket, slot) + 1
  if (!isFailure) return
  window.failures += 1
  window.failuresByBucket[slot] = at(window.failuresByBucket, slot) + 1
}

/** Forgets what has left the window by `nowMs`. */
export function advance(window: SlidingWindow, nowMs: number): void {
  const bucket = Math.floor(nowMs / window.bucketMs)
  if (bucket <= window.head) return
  if (bucket - window.head >= BUCKETS) clear(window)
  else for (let number = window.head + 1; number <= bucket; number++) drop(window, number % BUCKETS)
  window.head = bucket
}

export function clear(window: SlidingWindow): void {
  window.requestsByBucket.fill(0)
  window.failuresByBucket.fill(0)
  window.requests = 0
  window.failures = 0
}

function drop(window: SlidingWindow, slot: number): void {
  window.requests -= at(window.requestsByBucket, slot)
  window.failures -= at(window.failuresByBucket, slot)
  window.requestsByBucket[slot] = 0
  window.failuresByBucket[slot] = 0
}

function at(counts: Uint32Array, slot: number): number {
  return counts[slot] ?? 0
}
