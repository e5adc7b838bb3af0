import { describe, expect, test } from 'bun:test'
import { openFailureLog, openFaultLog, openStrayLog } from '../../src/cli/failure-log.ts'
import { type ErrorKind, ProxyError } from '../../src/core/errors.ts'
import { StoreError } from '../../src/core/store.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { requestRecord } from '../support/request-record.ts'

const AT_ONCE = { nowMs: () => 0, wallMs: () => 0 }
const FLOOD_LINES = 1_000

function linesOf(kind: ErrorKind, times: number, floodLines = FLOOD_LINES): readonly Record<string, unknown>[] {
  const lines: string[] = []
  const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
  const log = openFailureLog(logger, AT_ONCE, floodLines)
  for (let i = 0; i < times; i++) log(requestRecord({ requestId: `req_${i}` }), new ProxyError(kind, 'why'))
  return lines.map((line) => JSON.parse(line))
}

describe('the log of failures', () => {
  test('tells of every failure of an upstream, with the request and the reason', () => {
    const lines = linesOf('upstream_unreachable', 100)

    expect(lines.length).toBe(100)
    expect(lines[7]).toMatchObject({ level: 40, request_id: 'req_7', kind: 'upstream_unreachable', msg: 'why' })
  })

  test.each(['overloaded', 'circuit_open'] as const)(
    'tells only now and then that requests are refused as %s: their access lines tell of each',
    (kind) => {
      const lines = linesOf(kind, 400)

      expect(lines.length).toBeLessThan(10)
      expect(lines[0]).toMatchObject({ kind, stands_for: 1 })
    },
  )

  test('leaves nothing out where no line may be', () => {
    expect(linesOf('overloaded', 400, 0).length).toBe(400)
  })

  test('says nothing of what is the client’s own affair', () => {
    expect(linesOf('invalid_request', 1)).toEqual([])
  })
})

describe('the log of faults of the store', () => {
  test('tells of each kind, and only now and then of the same one', () => {
    const lines: string[] = []
    const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
    const log = openFaultLog(logger, AT_ONCE, FLOOD_LINES)

    for (let i = 0; i < 400; i++) log(new StoreError('full', 'the disk is full'))
    log(new StoreError('locked', 'it is locked'))

    expect(lines.length).toBeLessThan(12)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, stands_for: 1, err: { message: 'the disk is full' } })
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ stands_for: 1, err: { message: 'it is locked' } })
  })
})

describe('the log of requests for what there is not', () => {
  test('names the first of a flood with method, path and status, without a credential, and stands for the others', () => {
    const lines: string[] = []
    const logger = createLogger({ write: (line) => lines.push(line), flush: async () => undefined }, { level: 'info' })
    const log = openStrayLog(logger, AT_ONCE, FLOOD_LINES)

    log({ requestId: 'req_1', method: 'POST', path: `/v1/v1/messages/lynkr_${'a'.repeat(43)}`, status: 404 })
    for (let i = 0; i < 400; i++) log({ requestId: 'req_2', method: 'GET', path: '/wp-admin', status: 404 })

    expect(lines.length).toBeLessThan(12)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, request_id: 'req_1', method: 'POST', status: 404 })
    expect(lines[0]).toContain('/v1/v1/messages')
    expect(lines[0]).not.toContain('aaaa')
  })
})
