import { expect, test } from 'bun:test'
import { createExposition } from '../../src/observability/exposition.ts'
import { createMetrics } from '../../src/observability/recorder.ts'

function lines(tell: (metrics: ReturnType<typeof createMetrics>) => void): string[] {
  const metrics = createMetrics({ providers: ['one'], models: [], version: '1', commit: 'c' })
  tell(metrics)
  return createExposition(metrics.families.registry).render('text').split('\n')
}

test('budgets show what is spent, set aside and refused, exact to the micro-dollar', () => {
  const text = lines(({ rooms }) => {
    rooms.reserveBudget('team', 500_000)
    rooms.spendBudget('team', 123_457)
    rooms.countBudgetRefused('key')
  })

  expect(text).toContain('lynkr_budget_reserved_usd{scope="team"} 0.500000')
  expect(text).toContain('lynkr_budget_spent_usd_total{scope="team"} 0.123457')
  expect(text).toContain('lynkr_budget_refused_total{scope="key"} 1')
})

test('nothing is set aside once every request has settled', () => {
  const text = lines(({ rooms }) => {
    for (const microUsd of [1, 999_999, 31_337]) rooms.reserveBudget('global', microUsd)
    for (const microUsd of [31_337, 1, 999_999]) rooms.reserveBudget('global', -microUsd)
  })

  expect(text).toContain('lynkr_budget_reserved_usd{scope="global"} 0')
})

test('cache, limiter, sandbox and webhook tell what they did', () => {
  const text = lines(({ rooms }) => {
    rooms.countWebhookLost()
    rooms.countCacheLookup('hit', 3_015)
    rooms.countCacheLookup('miss')
    rooms.showCache(7, 4_096)
    rooms.showLimits([
      { provider: 'one', limit: 30, inflight: 1 },
      { provider: 'one', limit: 10, inflight: 2 },
    ])
    rooms.startRun()
    rooms.startRun()
    rooms.endRun('timeout', 1_500)
    rooms.countRunRefused('denied')
    rooms.countRateLimited('tokens')
  })

  expect(text).toEqual(
    expect.arrayContaining([
      'lynkr_cache_lookups_total{result="hit"} 1',
      'lynkr_cache_saved_usd_total 0.003015',
      'lynkr_cache_bytes 4096',
      'lynkr_limiter_limit{provider="one"} 40',
      'lynkr_limiter_inflight{provider="one"} 3',
      'lynkr_sandbox_running 1',
      'lynkr_sandbox_runs_total{ending="timeout"} 1',
      'lynkr_sandbox_runs_total{ending="denied"} 1',
      'lynkr_sandbox_run_seconds_bucket{le="2.0"} 1',
      'lynkr_rate_limited_total{limit="tokens"} 1',
      'lynkr_webhooks_lost_total 1',
    ]),
  )
})
