import { expect, test } from 'bun:test'
import { showBreakers, showLimits } from '../../src/cli/compose-operations.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { admit, settlePermit } from '../../src/resilience/breaker.ts'
import { tryEnter } from '../../src/resilience/concurrency-limit.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { providerAt } from '../support/proxy.ts'

const PROVIDER = providerAt('http://127.0.0.1:1')

function open() {
  const metrics = createMetrics({ providers: [PROVIDER.id], models: [], version: '0', commit: '0' })
  const protections = openProtections({ ...PROTECTION, concurrency: { ...PROTECTION.concurrency, limitMax: 50 } })
  return { metrics, protections, clock: openFakeClock(0).clock }
}

test('the gauges of the adaptive limit are the sum over the models that were asked', () => {
  const { metrics, protections } = open()
  tryEnter(protections.stateOf({ provider: PROVIDER, model: 'a' }, 0).limit, 'main')
  tryEnter(protections.stateOf({ provider: PROVIDER, model: 'b' }, 0).limit, 'main')

  showLimits({ metrics, protections })
  showLimits({ metrics, protections })

  expect([metrics.families.limiterLimit.get(0), metrics.families.limiterInflight.get(0)]).toEqual([100, 2])
})

test('a provider that a new configuration has no more does not stay open in the metrics', () => {
  const { metrics, protections, clock } = open()
  const breaker = protections.breakers.get(PROVIDER.id, 'a', 0)
  for (let i = 0; i < 5; i++) settlePermit(breaker, admit(breaker, 0), 'failure', 0)
  const shown = () => [...metrics.families.breakerState.values.subarray(0, 3)]

  showBreakers({ providers: [PROVIDER], metrics, protections, clock })
  const before = shown()
  showBreakers({ providers: [], metrics, protections, clock })

  expect([before, shown()]).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ])
})
