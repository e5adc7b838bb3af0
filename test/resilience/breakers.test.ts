import { expect, test } from 'bun:test'
import { admit, BREAKER, settlePermit } from '../../src/resilience/breaker.ts'
import { type Breakers, openBreakers } from '../../src/resilience/breakers.ts'

function trip(breakers: Breakers, provider: string, model: string, nowMs: number): void {
  const breaker = breakers.get(provider, model, nowMs)
  for (let i = 0; i < BREAKER.failureThreshold; i++) settlePermit(breaker, admit(breaker, nowMs), 'failure', nowMs)
}

function names(breakers: Breakers): string[] {
  return breakers.snapshot(0, 0).map((snapshot) => snapshot.name)
}

test('a sibling model of a tripped one is served without exception', () => {
  const breakers = openBreakers(BREAKER, 10)
  trip(breakers, 'anthropic', 'opus', 0)

  const permits = Array.from({ length: 1_000 }, (_, i) => admit(breakers.get('anthropic', 'haiku', i), i))

  expect(permits.every((permit) => permit >= 0)).toBe(true)
})

test('the map never grows over its bound, and the closed breaker idle longest makes place', () => {
  const breakers = openBreakers(BREAKER, 3)
  for (const [nowMs, model] of ['a', 'b', 'c'].entries()) breakers.get('p', model, nowMs)
  breakers.get('p', 'a', 10)

  breakers.get('q', 'd', 11)

  expect(names(breakers)).toEqual(['p/a', 'p/c', 'q/d'])
})

test('an open breaker outlives any number of new models while a closed one can go', () => {
  const breakers = openBreakers(BREAKER, 8)
  trip(breakers, 'p', 'down', 0)

  for (let i = 0; i < 10_000; i++) breakers.get('p', `made-up-${i}`, i)

  expect(names(breakers)).toHaveLength(8)
  expect(breakers.worst('p', 10_000)).toBe('open')
})

test('when all are open, the one idle longest makes place', () => {
  const breakers = openBreakers(BREAKER, 2)
  for (const [nowMs, model] of ['a', 'b', 'c'].entries()) trip(breakers, 'p', model, nowMs)

  expect(names(breakers)).toEqual(['p/b', 'p/c'])
})

test('a provider is as bad as its worst model', () => {
  const breakers = openBreakers(BREAKER, 10)
  breakers.get('p', 'good', 0)

  const before = breakers.worst('p', 0)
  trip(breakers, 'p', 'bad', 0)

  expect(before).toBe('closed')
  expect([0, BREAKER.openMs].map((nowMs) => breakers.worst('p', nowMs))).toEqual(['open', 'half_open'])
  expect(breakers.worst('never asked', 0)).toBe('closed')
})

test('a snapshot tells state, counts, when it opened and when it will be probed', () => {
  const breakers = openBreakers(BREAKER, 10)
  trip(breakers, 'openrouter', 'anthropic/claude', 1_000)

  const [snapshot] = breakers.snapshot(3_000, Date.UTC(2026, 0, 1, 12, 0, 2))

  expect(snapshot).toEqual({
    name: 'openrouter/anthropic/claude',
    provider: 'openrouter',
    model: 'anthropic/claude',
    state: 'open',
    consecutiveFailures: 5,
    requests: 5,
    failures: 5,
    trips: 1,
    openedAt: '2026-01-01T12:00:00.000Z',
    nextProbe: '2026-01-01T12:01:00.000Z',
  })
})

test.each([
  ['p/a', 1],
  ['p', 2],
  ['p/', 0],
  ['nobody', 0],
] as const)('a reset of "%s" closes %i breakers', (name, count) => {
  const breakers = openBreakers(BREAKER, 10)
  for (const model of ['a', 'b']) trip(breakers, 'p', model, 0)

  expect(breakers.reset(name)).toBe(count)
  expect(breakers.snapshot(0, 0).filter((snapshot) => snapshot.state === 'closed')).toHaveLength(count)
})
