import { systemRandom } from '../../src/core/random.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import { continueTrace } from '../../src/core/traceparent.ts'
import { accessLine } from '../../src/observability/access-log.ts'
import { createExposition } from '../../src/observability/exposition.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { createRegistry } from '../../src/observability/registry.ts'
import { takeSnapshot } from '../../src/observability/snapshot.ts'
import { requestRecord } from '../../test/support/request-record.ts'
import type { MicroRow } from '../micro.ts'

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const providers = names('provider', 12)
const models = names('model', 40)
const metrics = createMetrics({ providers, models, version: '0', commit: '0' })
const { families } = metrics
const exposition = createExposition(families.registry)
const series = families.registry.seriesCount()

/** The report does not say how large its registry was; a millionth of a second writes no more than some ten counters. */
const SMALL_SERIES = 10
const smallRegistry = createRegistry()
for (let i = 0; i < SMALL_SERIES; i++) {
  smallRegistry.counter({ name: `requests_${i}_total`, help: 'Requests.' }).add(i * 1_000)
}
const smallExposition = createExposition(smallRegistry)

/** Traffic that repeats after 120 requests, over every provider and model, with durations from all buckets. */
const records = Array.from({ length: 120 }, (_, i) =>
  requestRecord({
    provider: providers[i % 12] ?? null,
    modelUsed: models[i % 40] ?? null,
    firstByteMs: 5 * 1.06 ** i,
    durationMs: 50 * 1.06 ** i,
  }),
)

/** Keeps results alive, so that no work is optimised away. */
let sink = 0

function recordAt(i: number): RequestRecord {
  return records[i % records.length] ?? requestRecord()
}

export const rows: readonly MicroRow[] = [
  {
    name: 'metrics record',
    reportOpsPerSecond: 4_700_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) metrics.recordRequest(recordAt(i))
    },
  },
  {
    name: 'metrics record: request, tokens and cost alone',
    targetNs: 20,
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        families.requests.add(1, i % 7)
        families.tokensInput.add(2_110)
        families.tokensOutput.add(51)
        families.cost.add(3_015)
      }
    },
  },
  {
    name: 'metrics snapshot',
    reportOpsPerSecond: 890_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink += takeSnapshot(families).requests.total
    },
  },
  {
    name: `Prometheus export: ${series} series`,
    targetNs: 5_000_000,
    reportOpsPerSecond: 890_000,
    isOtherWork: true,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink += Buffer.from(exposition.render('text')).length
    },
  },
  {
    name: `Prometheus export: a registry of ${SMALL_SERIES} series, as one would be by hand`,
    reportOpsPerSecond: 890_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink += smallExposition.render('text').length
    },
  },
  {
    name: 'Prometheus export: per series',
    targetNs: 1_000,
    run(iterations) {
      for (let i = 0; i < iterations; i += series) sink += Buffer.from(exposition.render('text')).length
    },
  },
  {
    name: 'trace context continued',
    run(iterations) {
      const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
      for (let i = 0; i < iterations; i++) sink += continueTrace(header, null, systemRandom).spanId.length
    },
  },
  {
    name: 'access line',
    targetNs: 1_000,
    run(iterations) {
      const head = ',"pid":1,"hostname":"lynkr"'
      const options = { level: 'info', head, standsFor: 1 } as const
      for (let i = 0; i < iterations; i++) sink += accessLine(recordAt(i), options).length
    },
  },
]

/** What the rows have computed. */
export function benchSink(): number {
  return sink
}
