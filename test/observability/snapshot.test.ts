import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { quantilesOf } from '../../src/observability/quantile.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { createRegistry } from '../../src/observability/registry.ts'
import { takeSnapshot } from '../../src/observability/snapshot.ts'
import { requestRecord } from '../support/request-record.ts'

const options = {
  providers: ['anthropic', 'openai', '__proto__'],
  models: ['claude-opus'],
  version: '1.0.0',
  commit: 'abc',
}

test('the snapshot tells requests, latency, tokens and cost, whole and by provider and model', () => {
  const metrics = createMetrics(options)

  metrics.recordRequest(requestRecord())
  metrics.recordRequest(requestRecord({ status: 502, outcome: 'upstream_failed', errorKind: 'upstream_unreachable' }))
  const snapshot = takeSnapshot(metrics.families)

  expect(snapshot).toMatchObject({
    build: { version: '1.0.0', commit: 'abc' },
    requests: { total: 2, errors: 1, rejected: 0, by_surface: { messages: 2, chat: 0 } },
    latency: { first_byte: { count: 2, p50: 0.175 }, total: { count: 2 } },
    tokens: { input: 4_220, output: 102 },
    cost_usd: 0.00603,
    providers: {
      anthropic: {
        requests: { ok: 1, upstream_failed: 1 },
        prompt_cache_hit_ratio: 4_000 / 4_220,
        latency: { count: 2, p50: expect.any(Number) },
      },
    },
    models: {
      'claude-opus': {
        requests: 2,
        tokens: { cache_read: 4_000 },
        cost_usd: 0.00603,
        latency: { count: 2, p99: expect.any(Number) },
      },
    },
  })
})

test('an idle process has no percentiles, and lists no provider', () => {
  const { latency, providers, models } = takeSnapshot(createMetrics(options).families)

  expect(latency.total).toEqual({ count: 0, p50: null, p95: null, p99: null })
  expect([providers, models]).toEqual([{}, {}])
})

test('a provider named like a part of JavaScript is a provider', () => {
  const metrics = createMetrics(options)

  metrics.recordRequest(requestRecord({ provider: '__proto__' }))

  expect(Object.keys(takeSnapshot(metrics.families).providers)).toEqual(['__proto__'])
})

test('a quantile is interpolated in its bucket', () => {
  const wait = createRegistry().histogram({ name: 'wait_seconds', help: 'Wait.' }, [1, 2])

  for (const seconds of [0.5, 1.1, 1.5, 1.9]) wait.observe(seconds)

  expect(quantilesOf(wait, [0.5], [0])[0]).toBeCloseTo(4 / 3, 12)
})

test('a quantile lies in the bucket of the value that it estimates', () => {
  const bounds = [0.1, 1, 10, 100]
  const value = fc.double({ min: 0, max: 100, noNaN: true })

  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, quantile) => {
        const wait = createRegistry().histogram({ name: 'wait_seconds', help: 'Wait.' }, bounds)
        for (const each of values) wait.observe(each)
        const actual = values.toSorted((a, b) => a - b)[Math.ceil(quantile * values.length) - 1] ?? 0

        const estimate = quantilesOf(wait, [quantile], [0])[0] ?? Number.NaN

        const bucket = bounds.findIndex((bound) => actual <= bound)
        expect(estimate).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0)
        expect(estimate).toBeLessThanOrEqual(bounds[bucket] ?? 0)
      },
    ),
    { numRuns: 200, examples: [[[0, 0, 0], 1]] },
  )
})

test('what is above the last bound counts as the last bound', () => {
  const wait = createRegistry().histogram({ name: 'wait_seconds', help: 'Wait.' }, [1, 2])

  wait.observe(1_000)

  expect(quantilesOf(wait, [0.5, 0.99], [0])).toEqual([2, 2])
})
