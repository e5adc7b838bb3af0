import { expect, test } from 'bun:test'
import { PANELS } from '../../scripts/docs/grafana-dashboard.ts'
import { declareMetrics } from '../../src/observability/metrics.ts'

const { registry } = declareMetrics({ providers: [], models: [], version: '', commit: '' })
const names = new Set(
  registry.exposed.flatMap(({ kind, declaration: { name } }) => (kind === 'histogram' ? [`${name}_bucket`] : [name])),
)

test('the report’s seven panels come first', () => {
  expect(PANELS.slice(0, 7).map(({ title, type }) => `${title}: ${type}`)).toEqual([
    'Request rate: timeseries',
    'Error rate: timeseries',
    'Latency to the first byte: timeseries',
    'Circuit breakers: state-timeline',
    'Memory of the limit: gauge',
    'Tokens: timeseries',
    'Cost over 1 h: stat',
  ])
})

test.each(PANELS.map((panel) => [panel.title, panel] as const))(
  'panel %s asks for metrics that lynkr has',
  (_, panel) => {
    const asked = Object.values(panel.queries).flatMap((query) => query.match(/\b\w+(?=\{)/g) ?? [])

    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
  },
)
