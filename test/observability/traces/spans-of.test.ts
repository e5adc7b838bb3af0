import { describe, expect, test } from 'bun:test'
import { spansOf } from '../../../src/observability/traces/spans-of.ts'
import { attemptRecord, requestRecord } from '../../support/request-record.ts'

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

    const [request, first, second, ...more] = spansOf(record)

    expect(more).toEqual([])
    expect(request).toMatchObject({ name: 'POST /v1/messages', kind: 'server', parentId: 'c'.repeat(16) })
    expect(first).toMatchObject({ kind: 'client', spanId: 'a'.repeat(16), parentId: record.spanId, isError: true })
    expect(first?.endWallMs).toBe(record.startedWallMs + 105)
    expect(second).toMatchObject({ spanId: 'b'.repeat(16), parentId: record.spanId, isError: false })
    expect(second?.attributes['http.request.resend_count']).toBe(1)
  })

  test('name model, provider and tokens as OpenTelemetry does, at the attempt that answered', () => {
    const [, attempt] = spansOf(requestRecord())

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

    const spans = spansOf({ ...record, attemptList: [attemptRecord({ model: secret })] })

    expect(JSON.stringify(spans)).not.toContain('canary')
    expect(spans.flatMap(({ attributes }) => Object.values(attributes))).not.toContain(null)
  })

  test.each([
    [{ status: 500, outcome: 'internal_error', errorKind: 'internal' }, true],
    [{ status: 200, outcome: 'truncated', errorKind: 'stream_interrupted' }, true],
    [{ status: 400, outcome: 'refused', errorKind: 'invalid_request' }, false],
    [{ status: 499, outcome: 'client_closed', errorKind: 'client_closed' }, false],
  ] as const)('of %j are an error: %p', (changes, isError) => {
    const [request] = spansOf(requestRecord(changes))

    expect(request?.isError).toBe(isError)
  })
})
