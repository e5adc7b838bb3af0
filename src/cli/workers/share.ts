import type { RateLimiter } from '../../budget/rate-limit.ts'
import type { Settings } from '../../config/load.ts'

/**
 * What one of several workers may take of what the settings allow the whole: its part, rounded up, so that none is
 * left with nothing.
 */
export function shareOf(settings: Settings, workers: number): Settings {
  const part = (whole: number): number => Math.ceil(whole / workers)
  return {
    ...settings,
    loadSheddingActiveRequestsThreshold: part(settings.loadSheddingActiveRequestsThreshold),
    sandboxConcurrency: part(settings.sandboxConcurrency),
  }
}

/**
 * A limiter in memory for one of several workers: it has its part of each limit, so that all together never let more
 * through than the limit (and less than one more per worker, as a part is rounded up). A client whose connections all
 * lead to one worker gets that worker's part; where that matters, Redis shares the limits exactly.
 */
export function shareLimits(limiter: RateLimiter, workers: number): RateLimiter {
  if (workers === 1) return limiter
  const part = (whole: number | null): number | null => (whole === null ? null : Math.ceil(whole / workers))
  return {
    acquire: (limited, tokens, wallMs) =>
      limiter.acquire(
        limited.map(({ name, limits }) => ({
          name,
          limits: {
            requestsPerMinute: part(limits.requestsPerMinute),
            tokensPerMinute: part(limits.tokensPerMinute),
            concurrentRequests: part(limits.concurrentRequests),
          },
        })),
        tokens,
        wallMs,
      ),
  }
}
