import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openMemoryRateLimiter } from '../../../src/budget/rate-limit.ts'
import { shareLimits } from '../../../src/cli/workers/share.ts'

test('workers together let through no less than a limit of requests, and less than one more each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), async (limit, workers) => {
      const limiters = Array.from({ length: workers }, () => shareLimits(openMemoryRateLimiter(), workers))
      const limits = { requestsPerMinute: limit, tokensPerMinute: null, concurrentRequests: null }
      let admitted = 0

      for (const limiter of limiters) {
        for (let i = 0; i < limit; i++) {
          const { kind } = await limiter.acquire([{ name: 'key:k', limits }], 0, 1_700_000_000_000)
          if (kind === 'admitted') admitted++
        }
      }

      expect(admitted).toBeGreaterThanOrEqual(limit)
      expect(admitted).toBeLessThan(limit + workers)
    }),
  )
})
