import { describe, expect, test } from 'bun:test'
import { DASHBOARD_SECONDS_MAX, DASHBOARD_WATCHERS_MAX, RECENT_REQUESTS_MAX } from '../../src/core/limits.ts'
import type { Tick } from '../../src/dashboard/wire.ts'
import { attemptRecord, requestRecord } from '../support/request-record.ts'
import { openDashboard } from './support.ts'

function watch({ feed }: ReturnType<typeof openDashboard>) {
  const ticks: Tick[] = []
  const ended = { value: false }
  const stop = feed.watch({
    onTick: (tick) => ticks.push(tick),
    onEnd: () => {
      ended.value = true
    },
  })
  return { ticks, ended, stop }
}

const BUDGET = {
  scope: 'global',
  id: '*',
  window: 'month',
  unit: 'micro_usd',
  limit: 100,
  spent: 0,
  reserved: 0,
  left: 100,
  resetsWallMs: 0,
} as const

describe('what the dashboard shows', () => {
  test('has every request once, whenever somebody begins to watch', () => {
    const board = openDashboard()
    board.feed.record(requestRecord({ requestId: 'early' }))
    board.time.advance(1_000)
    board.feed.record(requestRecord({ requestId: 'late' }))

    const { ticks } = watch(board)
    const greeted = board.feed.hello().requests
    board.time.advance(1_000)

    expect([...greeted, ...(ticks[0]?.requests ?? [])].map(({ id }) => id)).toEqual(['early', 'late'])
  })

  test('is what happened in the last second, per second', () => {
    const board = openDashboard()
    const { ticks } = watch(board)

    for (let i = 0; i < 4; i++) board.metrics.recordRequest(requestRecord({ firstByteMs: 200 }))
    board.metrics.recordRequest(requestRecord({ status: 502, outcome: 'upstream_failed', errorKind: 'upstream_error' }))
    board.time.advance(1_000)
    board.time.advance(1_000)

    expect(ticks[0]?.point).toMatchObject({ requests: 5, errors: 1, tokensIn: 5 * 2_110, tokensOut: 5 * 51 })
    expect(ticks[0]?.point.p50).toBeGreaterThan(0.1)
    expect(ticks[1]?.point).toMatchObject({ requests: 0, errors: 0, tokensIn: 0 })
  })

  test('has latencies of the last ten seconds, and none before the first request or after a quiet while', () => {
    const board = openDashboard()
    const { ticks } = watch(board)

    board.time.advance(1_000)
    board.metrics.recordRequest(requestRecord({ firstByteMs: 200 }))
    for (let i = 0; i < 12; i++) board.time.advance(1_000)

    expect(ticks.map(({ point }) => point.p95 !== null)).toEqual([
      false,
      ...Array.from({ length: 10 }, () => true),
      false,
      false,
    ])
  })

  test('has the budgets, asked for only while somebody watches and kept while the store is down', async () => {
    const board = openDashboard()
    board.budgets.push({ ...BUDGET, spent: 7 })
    board.time.advance(1_000)
    expect(board.flags.budgetsAsked).toBe(0)
    const { ticks } = watch(board)

    board.time.advance(1_000)
    await Promise.resolve()
    board.flags.isStoreDown = true
    for (let i = 0; i < 10; i++) board.time.advance(1_000)
    await Promise.resolve()

    expect(board.flags.budgetsAsked).toBe(3)
    expect(ticks.at(-1)?.state.budgets).toEqual([{ ...BUDGET, spent: 7 }])
  })

  test('names the state of every provider’s breaker', () => {
    const board = openDashboard()
    const { ticks } = watch(board)

    board.metrics.setBreakerState('two', 'OPEN')
    board.time.advance(1_000)

    expect(board.feed.hello().providers).toEqual(['one', 'two'])
    expect(ticks[0]?.point.breakers).toEqual([0, 2])
  })

  test('is bounded: the newest requests and the last quarter of an hour', () => {
    const board = openDashboard()

    for (let i = 0; i <= RECENT_REQUESTS_MAX; i++) board.feed.record(requestRecord({ requestId: `req_${i}` }))
    for (let i = 0; i <= DASHBOARD_SECONDS_MAX; i++) board.time.advance(1_000)

    const { points, requests } = board.feed.hello()
    expect(points.length).toBe(DASHBOARD_SECONDS_MAX)
    expect(requests.length).toBe(RECENT_REQUESTS_MAX)
    expect(requests.at(0)?.id).toBe('req_1')
    expect(requests.at(-1)?.id).toBe(`req_${RECENT_REQUESTS_MAX}`)
  })

  test('tells each request once, with its attempts', () => {
    const board = openDashboard()
    const { ticks } = watch(board)

    board.feed.record(requestRecord({ attempts: 2, attemptList: [attemptRecord(), attemptRecord()] }))
    board.time.advance(1_000)
    board.time.advance(1_000)

    expect(ticks.map(({ requests }) => requests.length)).toEqual([1, 0])
    expect(ticks[0]?.requests[0]?.attempts.length).toBe(2)
  })

  test('never has a credential that a client put into a name', () => {
    const board = openDashboard()
    const secret = 'sk-ant-api03-canary-canary'

    board.feed.record(
      requestRecord({ requestId: secret, modelAsked: secret, attemptList: [attemptRecord({ model: secret })] }),
    )
    board.time.advance(1_000)

    expect(board.feed.hello().requests.length).toBe(1)
    expect(JSON.stringify(board.feed.hello())).not.toContain('canary')
  })

  test('goes to a bounded number of browsers', () => {
    const board = openDashboard()
    const watchers = Array.from({ length: DASHBOARD_WATCHERS_MAX }, () => watch(board))

    expect(watch(board).stop).toBeNull()
    watchers[0]?.stop?.()

    expect(watch(board).stop).not.toBeNull()
  })

  test('ends when lynkr is about to stop, so that no browser holds it up', () => {
    const board = openDashboard()
    const { ended } = watch(board)

    board.flags.isLeaving = true
    board.time.advance(1_000)

    expect(ended.value).toBe(true)
    expect(watch(board).stop).toBeNull()
  })
})
