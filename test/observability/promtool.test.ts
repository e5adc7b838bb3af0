import { describe, expect, test } from 'bun:test'
import { createExposition } from '../../src/observability/exposition.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { findPrometheus, runTool } from '../support/prometheus.ts'
import { requestRecord } from '../support/request-record.ts'
import { requireService } from '../support/services.ts'

const prometheus = await requireService('prometheus', findPrometheus)

describe.if(prometheus !== null)('promtool', () => {
  test.each([
    ['from the start', 0],
    ['after traffic', 100],
  ])('finds nothing to say about our metrics %s', async (_, requests) => {
    const metrics = createMetrics({
      providers: ['anthropic', 'a "b" \\ c\n'],
      models: ['m'],
      version: '1',
      commit: 'c',
    })
    for (let i = 0; i < requests; i++)
      metrics.recordRequest(requestRecord({ firstByteMs: i * 97, durationMs: i * 997 }))
    const text = createExposition(metrics.families.registry).render('text')

    const { code, output } = await runTool([prometheus?.promtool ?? '', 'check', 'metrics'], text)

    expect(output).toBe('')
    expect(code).toBe(0)
  })
})
