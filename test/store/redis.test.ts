import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { RedisClient } from 'bun'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { openRedisRateLimiter, type RedisRateLimiter } from '../../src/store/redis-rate-limiter.ts'
import { openRedisResponseCache } from '../../src/store/redis-response-cache.ts'
import { eventually } from '../support/eventually.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import type { TestServer } from '../support/postgres.ts'
import { describeRateLimiter } from '../support/rate-contract.ts'
import { hasRedis, startRedis } from '../support/redis.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')

if (hasRedis()) {
  let server: TestServer
  const closers: (() => void)[] = []
  const faults: unknown[] = []
  const onFault = (cause: unknown) => void faults.push(cause)

  beforeAll(async () => {
    server = await startRedis()
  }, 180_000)
  afterAll(async () => {
    for (const close of closers) close()
    await server.stop()
  })

  const openLimiter = async (owner = 'a'): Promise<RedisRateLimiter> => {
    const limiter = await openRedisRateLimiter({
      url: server.url,
      scheduler: systemScheduler,
      clock: systemClock,
      owner,
      onFault,
    })
    closers.push(limiter.close)
    return limiter
  }
  const limited = (name: string, concurrentRequests: number) => [
    { name, limits: { requestsPerMinute: null, tokensPerMinute: null, concurrentRequests } },
  ]

  describe('rate limits in Redis', () => describeRateLimiter(() => openLimiter()))

  test('two instances share one limit, atomically', async () => {
    const both = [await openLimiter('a'), await openLimiter('b')]

    const verdicts = await Promise.all(
      Array.from({ length: 40 }, (_, i) => both[i % 2]?.acquire(limited('shared', 10), 0, WALL)),
    )

    expect(verdicts.filter((verdict) => verdict?.kind === 'admitted')).toHaveLength(10)
  })

  test('a slot of a process that died comes back', async () => {
    const limiter = await openLimiter()
    await limiter.acquire(limited('dead', 1), 0, WALL)

    expect((await limiter.acquire(limited('dead', 1), 0, WALL + 1_000)).kind).toBe('limited')
    expect((await limiter.acquire(limited('dead', 1), 0, WALL + 700_000)).kind).toBe('admitted')
  })

  test('a slot of a request that goes on stays taken, however long that is, and its tokens are corrected at the end', async () => {
    const time = openFakeClock(WALL)
    const { clock, scheduler } = time
    const limiter = await openRedisRateLimiter({ url: server.url, scheduler, clock, owner: 'long', onFault })
    closers.push(limiter.close)
    const limits = { requestsPerMinute: null, tokensPerMinute: 1_000, concurrentRequests: 1 }
    const asked = [{ name: 'long', limits }]
    const first = await limiter.acquire(asked, 1, WALL)

    for (let minute = 0; minute < 60; minute++) time.advance(60_000)
    const second = await limiter.acquire(asked, 1, clock.wallMs())
    if (first.kind === 'admitted') first.permit.release(5_000, clock.wallMs())
    const third = await limiter.acquire(asked, 1, clock.wallMs())

    expect([first, second, third].map((one) => (one.kind === 'limited' ? one.unit : one.kind))).toEqual([
      'admitted',
      'concurrent',
      'tokens',
    ])
  })

  test('answers are kept whole and served while they are young enough', async () => {
    const cache = await openRedisResponseCache({
      url: server.url,
      scheduler: systemScheduler,
      ageMaxMs: 60_000,
      onFault,
    })
    closers.push(cache.close)
    const body = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256)

    await cache.putCached('k', body, WALL)

    expect(await cache.getCached('k', WALL + 5, null)).toEqual({ body: Buffer.from(body), ageMs: 5 })
    expect(await cache.getCached('k', WALL + 5, 4)).toBeNull()
    expect(await cache.getCached('k', WALL + 60_000, null)).toBeNull()
    expect(await cache.getCached('other', WALL, null)).toBeNull()
  })

  test('while Redis is down each process limits by itself and the cache misses; afterwards all is shared again', async () => {
    const limiter = await openLimiter()
    const cache = await openRedisResponseCache({
      url: server.url,
      scheduler: systemScheduler,
      ageMaxMs: 60_000,
      onFault,
    })
    closers.push(cache.close)
    await limiter.acquire(limited('down', 1), 0, WALL)

    await server.kill()
    const verdicts = [
      await limiter.acquire(limited('down', 1), 0, WALL),
      await limiter.acquire(limited('down', 1), 0, WALL),
    ]
    const miss = await cache.getCached('k', WALL, null)
    await server.start()

    expect(verdicts.map((verdict) => verdict.kind)).toEqual(['admitted', 'limited'])
    expect(miss).toBeNull()
    expect(faults.length).toBeGreaterThan(0)
    await eventually(async () => {
      await cache.putCached('back', new Uint8Array(1), WALL)
      return (await cache.getCached('back', WALL, null)) !== null
    })
    await eventually(async () => {
      const seen = faults.length
      await limiter.acquire(limited('again', 1_000), 0, WALL)
      return faults.length === seen
    })
  }, 180_000)

  test('a Redis that hangs keeps nobody waiting, and what it grants too late goes back to it', async () => {
    const time = openFakeClock(WALL)
    const scheduler = time.scheduler
    const limiter = await openRedisRateLimiter({ url: server.url, scheduler, clock: time.clock, owner: 'a', onFault })
    const cache = await openRedisResponseCache({ url: server.url, scheduler, ageMaxMs: 60_000, onFault })
    const other = await openLimiter('b')
    closers.push(limiter.close, cache.close)
    const admin = new RedisClient(server.url)
    await admin.send('CLIENT', ['PAUSE', '500', 'ALL'])

    const asked = [limiter.acquire(limited('hung', 1), 0, WALL), cache.getCached('k', WALL, null)] as const
    time.advance(1_000)
    const [verdict, answer] = await Promise.all(asked)
    const next = await limiter.acquire(limited('hung', 1), 0, WALL)

    expect([verdict.kind, answer, next.kind]).toEqual(['admitted', null, 'limited'])
    await admin.send('PING', [])
    admin.close()
    await eventually(async () => (await other.acquire(limited('hung', 1), 0, WALL)).kind === 'admitted')
    await eventually(async () => (await limiter.acquire(limited('hung', 1), 0, WALL)).kind === 'limited')
  })
} else {
  test('Redis is not installed here, so nothing of its adapters was run', () => {
    expect(hasRedis()).toBe(false)
  })
}
