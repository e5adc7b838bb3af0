import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { METRIC_MODELS_MAX, METRIC_PROVIDERS_MAX } from '../../src/core/limits.ts'
import { createExposition } from '../../src/observability/exposition.ts'
import { createMetrics, type Metrics } from '../../src/observability/recorder.ts'
import { parseExposition } from '../support/exposition-parser.ts'
import { requestRecord } from '../support/request-record.ts'

const SERIES_MAX = 2_000
const build = { version: '1.0.0', commit: 'abc' }

function metricsOf(providers = ['anthropic', 'openai'], models = ['claude-opus']): Metrics {
  return createMetrics({ providers, models, ...build })
}

/** Value of the one series with this name and these labels. */
function seriesValue(metrics: Metrics, name: string, labels: Record<string, string> = {}): number | undefined {
  const families = parseExposition(createExposition(metrics.families.registry).render('text'), 'text')
  const samples = [...families.values()].flatMap((family) => family.samples)
  return samples.find(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value),
  )?.value
}

describe('the report’s names', () => {
  test.each([
    'http_requests_total',
    'http_request_errors_total',
    'http_requests_rejected_total',
    'http_request_duration_seconds_count',
    'tokens_input_total',
    'tokens_output_total',
    'cost_total',
    'process_resident_memory_bytes',
    'http_requests_per_second',
  ])('%s is there, and zero, from the start', (name) => {
    expect(seriesValue(metricsOf(), name)).toBe(0)
  })

  test('requests and errors have the same series, so that their division matches', () => {
    const text = createExposition(metricsOf().families.registry).render('text')
    const labelsOf = (name: string) =>
      parseExposition(text, 'text')
        .get(name)
        ?.samples.map(({ labels }) => [...labels])

    expect(labelsOf('http_request_errors_total')).toEqual(labelsOf('http_requests_total') ?? [])
    expect(labelsOf('http_requests_total')?.length).toBe(7)
  })

  test('the breaker of each configured provider has one state that is 1', () => {
    const metrics = metricsOf()

    metrics.setBreakerState('anthropic', 'OPEN')
    metrics.setBreakerState('nobody', 'OPEN')

    const stateOf = (provider: string, state: string) =>
      seriesValue(metrics, 'circuit_breaker_state', { provider, state })
    expect(['CLOSED', 'HALF_OPEN', 'OPEN'].map((state) => stateOf('anthropic', state))).toEqual([0, 0, 1])
    expect(['CLOSED', 'HALF_OPEN', 'OPEN'].map((state) => stateOf('openai', state))).toEqual([1, 0, 0])
    expect(stateOf('other', 'OPEN')).toBeUndefined()
  })
})

describe('a finished request', () => {
  test('is counted once, with its tokens and its cost', () => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord())

    expect(seriesValue(metrics, 'http_requests_total', { surface: 'messages' })).toBe(1)
    expect(seriesValue(metrics, 'http_request_errors_total', { surface: 'messages' })).toBe(0)
    expect(seriesValue(metrics, 'tokens_input_total')).toBe(2_110)
    expect(seriesValue(metrics, 'tokens_output_total')).toBe(51)
    expect(seriesValue(metrics, 'cost_total')).toBe(0.003015)
    expect(seriesValue(metrics, 'lynkr_model_tokens_total', { model: 'claude-opus', type: 'cache_read' })).toBe(2_000)
    expect(seriesValue(metrics, 'http_request_duration_seconds_sum', { surface: 'messages' })).toBe(0.25)
    expect(seriesValue(metrics, 'lynkr_request_seconds_sum', { surface: 'messages' })).toBe(5.25)
    expect(seriesValue(metrics, 'gen_ai_server_time_per_output_token_seconds_sum')).toBe(0.1)
  })

  test.each([
    [200, 'ok', 0],
    [200, 'truncated', 1],
    [499, 'client_closed', 0],
    [429, 'refused', 0],
    [499, 'upstream_failed', 0],
    [500, 'internal_error', 1],
    [200, 'internal_error', 1],
    [529, 'upstream_failed', 1],
  ] as const)('with status %d and outcome %s counts %d errors', (status, outcome, errors) => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord({ status, outcome }))

    expect(seriesValue(metrics, 'http_request_errors_total', { surface: 'messages' })).toBe(errors)
  })

  test('that was shed is no error, whatever its status: it has a counter and an alert of its own', () => {
    const metrics = metricsOf()

    for (const status of [503, 529]) {
      metrics.recordRequest(requestRecord({ status, outcome: 'refused', errorKind: 'overloaded' }))
    }

    expect(seriesValue(metrics, 'http_request_errors_total', { surface: 'messages' })).toBe(0)
    expect(seriesValue(metrics, 'http_requests_rejected_total')).toBe(2)
  })

  test('that an open circuit breaker refused is an error: its provider failed', () => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord({ status: 529, outcome: 'refused', errorKind: 'circuit_open' }))

    expect(seriesValue(metrics, 'http_request_errors_total', { surface: 'messages' })).toBe(1)
    expect(seriesValue(metrics, 'http_requests_rejected_total')).toBe(0)
  })

  test('that was shed is rejected; one refused for another reason is not', () => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord({ status: 529, outcome: 'refused', errorKind: 'overloaded' }))
    metrics.recordRequest(requestRecord({ status: 429, outcome: 'refused', errorKind: 'budget_exhausted' }))

    expect(seriesValue(metrics, 'http_requests_rejected_total')).toBe(1)
    expect(seriesValue(metrics, 'lynkr_errors_total', { kind: 'budget_exhausted' })).toBe(1)
  })

  test('that never sent a byte has no time to the first one', () => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord({ firstByteMs: null }))

    expect(seriesValue(metrics, 'http_request_duration_seconds_count', { surface: 'messages' })).toBe(0)
    expect(seriesValue(metrics, 'lynkr_request_seconds_count', { surface: 'messages' })).toBe(1)
  })

  test('with a duration that is no number breaks nothing', () => {
    const metrics = metricsOf()

    metrics.recordRequest(requestRecord({ durationMs: Number.NaN, firstByteMs: -1, costMicroUsd: Number.NaN }))

    expect(seriesValue(metrics, 'cost_total')).toBe(0)
    expect(seriesValue(metrics, 'lynkr_request_seconds_sum', { surface: 'messages' })).toBe(0)
  })
})

test('a duration equal to a bound is in its bucket, the next larger one is not', () => {
  const metrics = metricsOf()

  metrics.recordRequest(requestRecord({ firstByteMs: 2_000 }))
  metrics.recordRequest(requestRecord({ firstByteMs: 2_000.001 }))

  const upTo = (le: string) => seriesValue(metrics, 'http_request_duration_seconds_bucket', { surface: 'messages', le })
  expect([upTo('1.0'), upTo('2.0'), upTo('4.0')]).toEqual([0, 1, 2])
})

test('cost adds up to the last micro-dollar over any requests', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { maxLength: 200 }), (costs) => {
      const metrics = metricsOf()

      for (const costMicroUsd of costs) metrics.recordRequest(requestRecord({ costMicroUsd }))

      const total = costs.reduce((sum, cost) => sum + BigInt(cost), 0n)
      const text = createExposition(metrics.families.registry).render('text')
      const written = /^cost_total (\d+)(?:\.(\d{6}))?$/m.exec(text)
      expect(BigInt(`${written?.[1]}${written?.[2] ?? '000000'}`)).toBe(total)
    }),
    { numRuns: 50 },
  )
})

test('a million requests of made-up names make no series beyond those of the configuration', () => {
  const count = process.env.LYNKR_TEST_FULL === '1' ? 1_000_000 : 100_000
  const many = (prefix: string) => Array.from({ length: 100 }, (_, i) => `${prefix}-${i}`)
  const metrics = metricsOf(many('provider'), many('model'))
  const before = metrics.families.registry.seriesCount()

  for (let i = 0; i < count; i++) {
    metrics.recordRequest(requestRecord({ modelUsed: `hostile-${i % 100_000}`, provider: `p"\n${i}`, keyId: `${i}` }))
  }

  const lines = createExposition(metrics.families.registry)
    .render('text')
    .match(/^[^#].*$/gm)
  expect(lines?.length).toBe(before)
  expect(before).toBeLessThanOrEqual(SERIES_MAX)
  expect(seriesValue(metrics, 'lynkr_model_requests_total', { model: 'other' })).toBe(count)
})

test.each([
  ['at the bound every provider has its name', METRIC_PROVIDERS_MAX, 0],
  ['one above the bound the last one is other', METRIC_PROVIDERS_MAX + 1, 1],
])('%s', (_, count, others) => {
  const providers = Array.from({ length: count }, (_, i) => `provider-${i}`)
  const metrics = metricsOf(providers)

  metrics.countRetry(providers.at(-1) ?? '')

  expect(seriesValue(metrics, 'lynkr_upstream_retries_total', { provider: 'other' })).toBe(others)
})

test('models past the bound share other', () => {
  const models = Array.from({ length: METRIC_MODELS_MAX + 1 }, (_, i) => `model-${i}`)
  const metrics = metricsOf(['anthropic'], models)

  for (const modelUsed of models) metrics.recordRequest(requestRecord({ modelUsed }))

  expect(seriesValue(metrics, 'lynkr_model_requests_total', { model: `model-${METRIC_MODELS_MAX - 1}` })).toBe(1)
  expect(seriesValue(metrics, 'lynkr_model_requests_total', { model: 'other' })).toBe(1)
})

test('the sum over models is the total, and so is the sum over providers', () => {
  const models = ['claude-opus', 'gpt', 'unheard-of', null]
  const metrics = metricsOf(['anthropic', 'openai'], ['claude-opus', 'gpt'])

  for (const [i, modelUsed] of models.entries()) {
    metrics.recordRequest(requestRecord({ modelUsed, provider: i % 2 === 0 ? 'anthropic' : 'elsewhere' }))
  }

  const { modelCost, cost, genAiInput, tokensInput, modelTokens, tokensOutput } = metrics.families
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)
  expect(sum(modelCost.values)).toBe(sum(cost.values))
  expect(sum(genAiInput.values)).toBe(sum(tokensInput.values))
  expect(sum(modelTokens.values)).toBe(sum(tokensInput.values) + sum(tokensOutput.values))
})
