import { describe, expect, test } from 'bun:test'
import { seededRandom } from '../../../src/core/random.ts'
import { runSpan } from '../../../src/observability/traces/run-span.ts'
import { spansOf } from '../../../src/observability/traces/spans-of.ts'
import { attemptRecord, requestRecord } from '../../support/request-record.ts'

const random = seededRandom(1)

describe('the spans of a request', () => {
  test('are one for the request and one below it for each attempt, in the caller’s trace', () => {
    const attemptList = [
      attemptRecord({
        spanId: 'a'.repeat(16),
        startedMs: 5,
        durationMs: 100,
        status: 503,
        errorKind: 'upstream_error',
      }),
      attemptRecord({ spanId: 'b'.repeat(16), startedMs: 600, durationMs: 4_650 }),
    ]
    const record = requestRecord({ parentSpanId: 'c'.repeat(16), attempts: 2, attemptList })

    const [request, first, second, ...more] = spansOf(record, random)

    expect(more).toEqual([])
    expect(request).toMatchObject({ name: 'POST /v1/messages', kind: 'server', parentId: 'c'.repeat(16) })
    expect(first).toMatchObject({ kind: 'client', spanId: 'a'.repeat(16), parentId: record.spanId, isError: true })
    expect(first?.endWallMs).toBe(record.startedWallMs + 105)
    expect(second).toMatchObject({ spanId: 'b'.repeat(16), parentId: record.spanId, isError: false })
    expect(second?.attributes['http.request.resend_count']).toBe(1)
  })

  test('tell what was decided before anybody was asked, each below the request with an id of its own', () => {
    const decisions = [
      { about: 'cache', result: 'miss', startedMs: 1, durationMs: 2 },
      { about: 'budget', result: 'reserved', startedMs: 3, durationMs: 0.5 },
    ] as const
    const record = requestRecord({ decisions })

    const [, cache, budget, attempt] = spansOf(record, random)

    expect(cache).toMatchObject({
      name: 'lynkr.cache',
      kind: 'internal',
      parentId: record.spanId,
      attributes: { 'lynkr.cache.result': 'miss' },
      startWallMs: record.startedWallMs + 1,
      endWallMs: record.startedWallMs + 3,
    })
    expect(budget).toMatchObject({ name: 'lynkr.budget', attributes: { 'lynkr.budget.result': 'reserved' } })
    expect(attempt?.kind).toBe('client')
    expect(new Set([record.spanId, cache?.spanId, budget?.spanId, attempt?.spanId]).size).toBe(4)
  })

  test('name model, provider and tokens as OpenTelemetry does, at the attempt that answered', () => {
    const [, attempt] = spansOf(requestRecord(), random)

    expect(attempt?.name).toBe('chat claude-opus')
    expect(attempt?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-opus',
      'gen_ai.response.model': 'claude-opus',
      'gen_ai.usage.input_tokens': 2_110,
      'gen_ai.usage.output_tokens': 51,
      'gen_ai.usage.cache_read.input_tokens': 2_000,
      'gen_ai.response.time_to_first_chunk': 0.245,
    })
  })

  test('carry no absent facts and no credential that a client put into a name', () => {
    const secret = 'sk-ant-api03-canary-canary'
    const record = requestRecord({ requestId: secret, modelAsked: secret, usage: null, costMicroUsd: null })

    const spans = spansOf({ ...record, attemptList: [attemptRecord({ model: secret })] }, random)

    expect(JSON.stringify(spans)).not.toContain('canary')
    expect(spans.flatMap(({ attributes }) => Object.values(attributes))).not.toContain(null)
  })

  test.each([
    [{ status: 500, outcome: 'internal_error', errorKind: 'internal' }, true],
    [{ status: 200, outcome: 'internal_error', errorKind: 'internal' }, true],
    [{ status: 200, outcome: 'truncated', errorKind: 'stream_interrupted' }, true],
    [{ status: 400, outcome: 'refused', errorKind: 'invalid_request' }, false],
    [{ status: 499, outcome: 'client_closed', errorKind: 'client_closed' }, false],
  ] as const)('of %j are an error: %p', (changes, isError) => {
    const [request] = spansOf(requestRecord(changes), random)

    expect(request?.isError).toBe(isError)
  })
})

test.each([
  [{ ending: 'exited', reason: null, exitCode: 1 }, false, undefined],
  [{ ending: 'denied', reason: 'outside_root', exitCode: null }, false, 'outside_root'],
  [{ ending: 'timeout', reason: null, exitCode: null }, true, 'timeout'],
  [{ ending: 'unavailable', reason: 'sandbox_unavailable', exitCode: null }, true, 'sandbox_unavailable'],
] as const)('the span of a command that ended as %j is an error: %p', (end, isError, errorType) => {
  const trace = {
    traceId: 'a'.repeat(32),
    parentId: 'b'.repeat(16),
    spanId: 'c'.repeat(16),
    isSampled: true,
    tracestate: null,
  }
  const run = {
    runId: 'r1',
    caller: 'key_1',
    command: 'search',
    trace,
    outputBytes: 7,
    endedWallMs: 5_000,
    durationMs: 250,
  }

  const span = runSpan({ ...run, ...end }, trace, 'd'.repeat(16))

  expect(span).toMatchObject({ name: 'execute_tool search', parentId: 'b'.repeat(16), spanId: 'd'.repeat(16), isError })
  expect([span.startWallMs, span.endWallMs]).toEqual([4_750, 5_000])
  expect(span.attributes['error.type']).toBe(errorType)
  expect(span.attributes).toMatchObject({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' })
})
