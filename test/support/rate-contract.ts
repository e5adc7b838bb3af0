import { expect, test } from 'bun:test'
import type { RateLimiter } from '../../src/budget/rate-limit.ts'
import type { RateLimits } from '../../src/budget/rate-room.ts'

const NONE: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrentRequests: null }
const WALL = Date.parse('2026-11-22T18:00:30Z')

/** What every rate limiter must do, whether it counts in memory or in Redis. */
export function describeRateLimiter(open: () => RateLimiter | Promise<RateLimiter>): void {
  let serial = 0
  const fresh = (limits: Partial<RateLimits>) => ({ name: `key:${serial++}`, limits: { ...NONE, ...limits } })

  async function admit(limiter: RateLimiter, limited: ReturnType<typeof fresh>[], tokens = 0, wallMs = WALL) {
    const verdict = await limiter.acquire(limited, tokens, wallMs)
    return verdict.kind === 'admitted' ? verdict.permit : null
  }

  test('n requests a minute admits n at once, the next when one has refilled, and never 2n around the minute', async () => {
    const limiter = await open()
    const key = fresh({ requestsPerMinute: 10 })

    const first = await Promise.all(Array.from({ length: 11 }, () => admit(limiter, [key])))
    const early = await limiter.acquire([key], 0, WALL + 5_999)
    const later = await admit(limiter, [key], 0, WALL + 6_000)

    expect(first.filter((permit) => permit !== null)).toHaveLength(10)
    expect(early).toMatchObject({ kind: 'limited', unit: 'requests', retryAfterMs: 1 })
    expect(later).not.toBeNull()
  })

  test('an admitted request hears what is left under the scarcest limit of each unit', async () => {
    const limiter = await open()
    const wide = fresh({ requestsPerMinute: 100, tokensPerMinute: 1_000 })
    const narrow = fresh({ requestsPerMinute: 4 })

    await admit(limiter, [wide, narrow], 100)
    const permit = await admit(limiter, [wide, narrow], 100)

    expect(permit?.room).toEqual([
      { unit: 'requests', limit: 4, remaining: 2, fullInMs: 30_000 },
      { unit: 'tokens', limit: 1_000, remaining: 800, fullInMs: 12_000 },
    ])
  })

  test('tokens are charged as estimated and corrected when the request is over', async () => {
    const limiter = await open()
    const key = fresh({ tokensPerMinute: 1_000 })

    const permit = await admit(limiter, [key], 1_000)
    const blocked = await admit(limiter, [key], 500)
    await permit?.release(100, WALL)
    const freed = await admit(limiter, [key], 900)

    expect([blocked, freed !== null]).toEqual([null, true])
  })

  test('tokens beyond an hour of the limit count as far as they can, and the estimate of a huge body is corrected', async () => {
    const limiter = await open()
    const [large, many] = [fresh({ tokensPerMinute: 1_000 }), fresh({ tokensPerMinute: 1_000 })]

    const permit = await admit(limiter, [large], 100_000)
    const behind = await admit(limiter, [large], 1)
    await permit?.release(1_500, WALL)
    const waits = await limiter.acquire([large], 500, WALL)
    const together = [await admit(limiter, [many]), await admit(limiter, [many])]
    for (const one of together) await one?.release(40_000, WALL)

    expect(behind).toBeNull()
    expect(waits).toMatchObject({ kind: 'limited', unit: 'tokens', retryAfterMs: 60_000 })
    expect(await admit(limiter, [many], 1, WALL + 1_000)).toBeNull()
  })

  test('concurrency counts running requests; releasing twice frees one place', async () => {
    const limiter = await open()
    const key = fresh({ concurrentRequests: 2 })
    const first = await admit(limiter, [key])
    await admit(limiter, [key])

    const third = await admit(limiter, [key])
    await first?.release(null, WALL)
    await first?.release(null, WALL)
    const after = [await admit(limiter, [key]), await admit(limiter, [key])]

    expect(third).toBeNull()
    expect(after.map((permit) => permit !== null)).toEqual([true, false])
  })

  test('all limits admit or none is charged', async () => {
    const limiter = await open()
    const wide = fresh({ requestsPerMinute: 1, concurrentRequests: 1 })
    const closed = fresh({ requestsPerMinute: 0 })

    const refused = await limiter.acquire([wide, closed], 0, WALL)

    expect(refused).toMatchObject({ kind: 'limited', name: closed.name })
    expect(await admit(limiter, [wide])).not.toBeNull()
  })

  test('a clock that goes back a day does not block for a day', async () => {
    const limiter = await open()
    const key = fresh({ requestsPerMinute: 1 })
    await admit(limiter, [key])

    expect(await admit(limiter, [key], 0, WALL - 86_400_000)).not.toBeNull()
  })

  test('a clock that goes back a day while a request runs leaves no debt behind it', async () => {
    const limiter = await open()
    const key = fresh({ tokensPerMinute: 1_000 })
    const permit = await admit(limiter, [key], 600)

    await permit?.release(600, WALL - 86_400_000)

    expect(await admit(limiter, [key], 600, WALL - 86_400_000)).not.toBeNull()
  })
}
