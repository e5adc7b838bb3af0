import { expect, test } from 'bun:test'
import { showLimits } from '../../src/cli/compose-operations.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { tryEnter } from '../../src/resilience/concurrency-limit.ts'
import { providerAt } from '../support/proxy.ts'

const PROVIDER = providerAt('http://127.0.0.1:1')

function open() {
  const metrics = createMetrics({ providers: [PROVIDER.id], models: [], version: '0', commit: '0' })
  const protections = openProtections({ ...PROTECTION, concurrency: { ...PROTECTION.concurrency, limitMax: 50 } })
  return { metrics, protections }
}

test('the gauges of the adaptive limit are the sum over the models that were asked', () => {
  const { metrics, protections } = open()
  tryEnter(protections.stateOf({ provider: PROVIDER, model: 'a' }, 0).limit, 'main')
  tryEnter(protections.stateOf({ provider: PROVIDER, model: 'b' }, 0).limit, 'main')

  showLimits({ metrics, protections })
  showLimits({ metrics, protections })

  expect([metrics.families.limiterLimit.get(0), metrics.families.limiterInflight.get(0)]).toEqual([100, 2])
})
