import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createExposition } from '../../src/observability/exposition.ts'
import { LabelSet } from '../../src/observability/label-set.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { createRegistry } from '../../src/observability/registry.ts'
import { parseExposition } from '../support/exposition-parser.ts'
import { requestRecord } from '../support/request-record.ts'

function smallRegistry() {
  const registry = createRegistry()
  const color = new LabelSet('color', ['red', 'a"b\\c\nd'], { isOpen: false })
  const hits = registry.counter({ name: 'hits_total', help: 'Hits, "quoted" \\ and\nbroken.', labels: [color] })
  const spent = registry.counter({ name: 'spent_total', help: 'Dollars.', scale: 'micro' })
  const size = registry.gauge({ name: 'size_bytes', help: 'Size.', unit: 'bytes' })
  const wait = registry.histogram({ name: 'wait_seconds', help: 'Wait.', unit: 'seconds' }, [0.5, 1])
  registry.info({ name: 'app_info', help: 'App.', constant: { version: '1' } })
  hits.add(2, 1)
  spent.add(3_015)
  size.set(1.5)
  wait.observe(0.5)
  wait.observe(0.75)
  wait.observe(9)
  return registry
}

describe('the exposition', () => {
  test('is text 0.0.4, letter by letter', () => {
    const text = createExposition(smallRegistry()).render('text')

    expect(text).toBe(`# HELP hits_total Hits, "quoted" \\\\ and\\nbroken.
# TYPE hits_total counter
hits_total{color="red"} 0
hits_total{color="a\\"b\\\\c\\nd"} 2
# HELP spent_total Dollars.
# TYPE spent_total counter
spent_total 0.003015
# HELP size_bytes Size.
# TYPE size_bytes gauge
size_bytes 1.5
# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="1.0"} 2
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 10.25
wait_seconds_count 3
# HELP app_info App.
# TYPE app_info gauge
app_info{version="1"} 1
`)
  })

  test('is OpenMetrics 1.0, letter by letter', () => {
    const text = createExposition(smallRegistry()).render('openmetrics')

    expect(text).toBe(`# TYPE hits counter
# HELP hits Hits, \\"quoted\\" \\\\ and\\nbroken.
hits_total{color="red"} 0
hits_total{color="a\\"b\\\\c\\nd"} 2
# TYPE spent counter
# HELP spent Dollars.
spent_total 0.003015
# TYPE size_bytes gauge
# UNIT size_bytes bytes
# HELP size_bytes Size.
size_bytes 1.5
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
# HELP wait_seconds Wait.
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="1.0"} 2
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 10.25
wait_seconds_count 3
# TYPE app info
# HELP app App.
app_info{version="1"} 1
# EOF
`)
  })

  test('is sound in both formats whatever providers and models are called', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '"', '\\', '\ud800', '', 'other'),
    )

    fc.assert(
      fc.property(fc.array(name), fc.array(name), (providers, models) => {
        const { families, recordRequest } = createMetrics({ providers, models, version: 'v"\n', commit: '\\' })
        for (const [i, provider] of providers.entries())
          recordRequest(requestRecord({ provider, modelUsed: models[i] ?? null }))
        const exposition = createExposition(families.registry)

        parseExposition(exposition.render('text'), 'text')
        parseExposition(exposition.render('openmetrics'), 'openmetrics')
      }),
      { numRuns: 30 },
    )
  })

  test('writes what is not a finite number in the spelling of the format', () => {
    const registry = createRegistry()
    const size = registry.gauge({
      name: 'size',
      help: 'Size.',
      labels: [new LabelSet('of', ['a', 'b', 'c'], { isOpen: false })],
    })
    size.set(Number.NaN, 0)
    size.set(Number.POSITIVE_INFINITY, 1)
    size.set(Number.NEGATIVE_INFINITY, 2)

    const values = createExposition(registry)
      .render('text')
      .split('\n')
      .slice(2, 5)
      .map((line) => line.split(' ')[1])

    expect(values).toEqual(['NaN', '+Inf', '-Inf'])
  })
})
