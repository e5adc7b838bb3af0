/** Rate of a counter over the recent past, from samples taken now and then. */
export interface RateWindow {
  /**
   * Notes the counter's value now, and gives its growth per second since the oldest sample within the window; 0 until
   * there are two samples. Late or uneven samples do not skew it: it divides by the time that really passed.
   */
  sample(total: number, nowMs: number): number
}

/** @param windowMs the past that counts; at most one sample per `windowMs / 64` is kept, so memory is bounded */
export function createRateWindow(windowMs: number): RateWindow {
  const samples: { total: number; atMs: number }[] = []
  return {
    sample(total, nowMs) {
      while (samples[1] !== undefined && samples[1].atMs <= nowMs - windowMs) samples.shift()
      const last = samples.at(-1)
      if (last === undefined || nowMs - last.atMs >= windowMs / SAMPLES_MAX) samples.push({ total, atMs: nowMs })
      const first = samples[0]
      if (first === undefined || nowMs <= first.atMs) return 0
      return ((total - first.total) * 1000) / (nowMs - first.atMs)
    },
  }
}

const SAMPLES_MAX = 64
