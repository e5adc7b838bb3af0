import type { Random } from '../core/random.ts'

const SOONEST_MS = 1_000
const LATEST_MS = 5_000

/**
 * Retry-After of a shed request: uniform in 1–5 s, so that what was refused together does not come back together.
 * The shedder recovers within 5 s, hence the upper end.
 *
 * @param random uniform in [0, 1)
 * @returns whole ms in [1000, 5000)
 */
export function jitteredRetryAfterMs(random: Random): number {
  return SOONEST_MS + Math.floor(random() * (LATEST_MS - SOONEST_MS))
}
