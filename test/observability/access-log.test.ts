import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ECHO_CHARS_MAX } from '../../src/core/limits.ts'
import { createAccessLog } from '../../src/observability/access-log.ts'
import { createFloodGate } from '../../src/observability/flood-gate.ts'
import { createLogger, type LogThreshold } from '../../src/observability/logger.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { requestRecord } from '../support/request-record.ts'

function openLog(level: LogThreshold = 'info') {
  const lines: string[] = []
  const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level })
  const options = { pid: 7, hostname: 'pod-1', clock: openFakeClock(0).clock, gate: createFloodGate(0) }
  return { lines, logger, accessLog: createAccessLog(logger, options) }
}

describe('the access line', () => {
  test('has every fact of the request, in one order, durations in seconds and cost in dollars', () => {
    const { lines, accessLog } = openLog()

    accessLog.write(requestRecord())

    expect(lines).toEqual([
      '{"level":30,"time":1700000005250,"pid":7,"hostname":"pod-1","request_id":"req_1",' +
        '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","key_id":"key_1","session_id":null,"surface":"messages",' +
        '"stream":true,"model_asked":"opus","model_used":"claude-opus","provider":"anthropic","lane":"passthrough",' +
        '"attempts":1,"status":200,"outcome":"ok","error_kind":null,"input_tokens":2110,"cache_read_tokens":2000,' +
        '"cache_write_tokens":10,"output_tokens":51,"usage_estimated":false,"cost_usd":0.003015,' +
        '"request_bytes":49000,"response_bytes":3000,"first_byte_seconds":0.25,"duration_seconds":5.25,' +
        '"repairs":0,"dropped":[],"stands_for":1,"msg":"request"}\n',
    ])
  })

  test('has the same fields for a request that got nowhere', () => {
    const { lines, accessLog } = openLog()
    const nothing = { keyId: null, modelAsked: null, modelUsed: null, provider: null, usage: null, costMicroUsd: null }

    accessLog.write(requestRecord())
    accessLog.write(requestRecord({ ...nothing, firstByteMs: null, durationMs: Number.NaN }))

    const [full = [], empty] = lines.map((line) => Object.keys(JSON.parse(line)))
    expect(empty).toEqual(full)
  })

  test('begins like the lines of the logger, so that one parser reads both', () => {
    const { lines, accessLog, logger } = openLog()

    accessLog.write(requestRecord())
    logger.info({}, 'hello')

    const [access = [], message = []] = lines.map((line) => Object.keys(JSON.parse(line)))
    expect(access.slice(0, 4)).toEqual(message.slice(0, 4))
    expect(access.at(-1)).toBe('msg')
  })

  test('is one line of JSON that says what it was told, whatever a client puts into its fields', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: ECHO_CHARS_MAX / 2 }),
      fc.constantFrom(
        '\n{"level":60}',
        '\u2028',
        '\u2029',
        '\u0085',
        '\r\n',
        '"},{"',
        '\u001b[2J',
        '\\',
        '\u202e',
        '\ud800',
      ),
    )

    fc.assert(
      fc.property(hostile, hostile, fc.array(hostile, { maxLength: 16 }), (modelAsked, sessionId, dropped) => {
        const { lines, accessLog } = openLog()

        accessLog.write(requestRecord({ modelAsked, sessionId, dropped }))

        expect(lines[0]).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*\n$/u)
        expect(JSON.parse(lines[0] ?? '')).toMatchObject({ model_asked: modelAsked, session_id: sessionId, dropped })
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    [ECHO_CHARS_MAX, ECHO_CHARS_MAX],
    [ECHO_CHARS_MAX + 1, ECHO_CHARS_MAX],
  ])('shows a model name of %d characters with %d', (length, shown) => {
    const { lines, accessLog } = openLog()

    accessLog.write(requestRecord({ modelAsked: 'm'.repeat(length) }))

    expect(JSON.parse(lines[0] ?? '').model_asked.length).toBe(shown)
  })

  test.each([
    [null, 30],
    ['overloaded', 40],
    ['internal', 50],
    ['invalid_request', 30],
  ] as const)('of error kind %p has level %d', (errorKind, level) => {
    const { lines, accessLog } = openLog()

    accessLog.write(requestRecord({ errorKind }))

    expect(JSON.parse(lines[0] ?? '').level).toBe(level)
  })

  test('follows the level of the logger while it changes', () => {
    const { lines, accessLog, logger } = openLog('warn')

    accessLog.write(requestRecord())
    logger.setLevel('info')
    accessLog.write(requestRecord())
    logger.setLevel('silent')
    accessLog.write(requestRecord({ errorKind: 'internal' }))

    expect(lines.length).toBe(1)
  })
})
