import { systemRandom } from '../../src/core/random.ts'
import { newRequestId } from '../../src/core/request-id.ts'
import { readEnvelope } from '../../src/dialect/anthropic/envelope.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { admit, BREAKER, settlePermit } from '../../src/resilience/breaker.ts'
import { openBreakers } from '../../src/resilience/breakers.ts'
import { requestClass } from '../../src/resilience/request-class.ts'
import { canRetry, earn, newRetryBudget } from '../../src/resilience/retry-budget.ts'
import { newShedder, SHEDDER, shed } from '../../src/resilience/shedder.ts'
import { requestRecord } from '../../test/support/request-record.ts'
import type { MicroRow } from '../micro.ts'
import { messagesBody } from '../support/request.ts'

/** A question as a script asks it, and a session of ten turns with tools, both parsed already: parsing is no check. */
const simple = JSON.parse(messagesBody(200, false))
const complex = {
  ...JSON.parse(messagesBody(40 * 1_024, true)),
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  tools: Array.from({ length: 12 }, (_, i) => ({
    name: `tool_${i}`,
    description: 'Does one thing.',
    input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  })),
}

const breakers = openBreakers(BREAKER, 1_000)
const shedder = newShedder(SHEDDER)
const retries = newRetryBudget(0)
const metrics = createMetrics({ providers: ['anthropic'], models: ['claude-opus'], version: '0', commit: '0' })
const record = requestRecord()
const headers = { requestClass: null, agentId: null, parentAgentId: null }

/** What was computed, so that no work is optimised away; and a clock that goes on from round to round. */
const sink = { value: 0, nowMs: 0 }

/** The order of the pipeline: id, class, shed, validation, breaker, retry budget, and the record at the end. */
async function stack(i: number): Promise<void> {
  sink.nowMs += 0.01
  const { nowMs } = sink
  sink.value += newRequestId(1_764_000_000_000 + i, systemRandom).length
  if (shed(shedder, requestClass(headers), i & 511) !== null) return
  const { model } = readEnvelope(simple)
  const breaker = breakers.get('anthropic', model, nowMs)
  const permit = admit(breaker, nowMs)
  earn(retries, nowMs)
  if (canRetry(retries, nowMs)) sink.value += 1
  settlePermit(breaker, permit, 'success', nowMs)
  metrics.recordRequest(record)
}

export const rows: readonly MicroRow[] = [
  {
    name: 'request id',
    reportOpsPerSecond: 5_000_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += newRequestId(1_764_000_000_000 + i, systemRandom).length
    },
  },
  {
    name: 'validation, simple request',
    reportOpsPerSecond: 5_800_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += readEnvelope(simple).model.length
    },
  },
  {
    name: `validation, complex: ${complex.messages.length} messages, ${complex.tools.length} tools`,
    reportOpsPerSecond: 890_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += readEnvelope(complex).model.length
    },
  },
  {
    name: 'combined stack, awaited',
    reportOpsPerSecond: 140_000,
    targetNs: 500,
    async run(iterations) {
      for (let i = 0; i < iterations; i++) await stack(i)
    },
  },
]
