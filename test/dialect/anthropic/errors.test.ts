import { describe, expect, test } from 'bun:test'
import { type ErrorKind, ProxyError } from '../../../src/core/errors.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'

function failure(status: number, body: string) {
  return { status, headers: new Headers(), body: new TextEncoder().encode(body) }
}

const kinds: [status: number, kind: ErrorKind][] = [
  [400, 'upstream_rejected'],
  [401, 'upstream_auth'],
  [402, 'upstream_quota'],
  [403, 'upstream_auth'],
  [404, 'upstream_rejected'],
  [408, 'upstream_timeout'],
  [409, 'upstream_rejected'],
  [413, 'upstream_rejected'],
  [429, 'upstream_rate_limited'],
  [500, 'upstream_error'],
  [503, 'upstream_error'],
  [529, 'upstream_error'],
  [424, 'upstream_error'],
  [302, 'upstream_malformed'],
]

describe('a failure of the upstream', () => {
  for (const [status, kind] of kinds) {
    test(`${status} is ${kind}, kept as it came`, () => {
      const given = failure(status, '{"type":"error","error":{"type":"x","message":"words"}}')

      const error = anthropicUpstream.decodeError(given)

      expect(error).toMatchObject({ kind, message: 'words' })
      expect(error.detail.upstream).toBe(given)
    })
  }

  test('with a body that is no envelope still has a message', () => {
    for (const body of ['', '<html>', 'null', '[]', '{"error":"no"}', '{"error":{"message":7}}']) {
      expect(anthropicUpstream.decodeError(failure(502, body)).message).toBe('the upstream answered 502')
    }
  })

  test('that says the prompt is too long is told apart', () => {
    const body = '{"type":"error","error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}'

    expect(anthropicUpstream.decodeError(failure(400, body)).detail.isContextOverflow).toBe(true)
  })
})

describe('an error told to a client', () => {
  test('is the envelope with the request id', () => {
    expect(anthropicSurface.encodeError(new ProxyError('budget_exhausted', 'spend limit reached'), 'req_1')).toEqual({
      type: 'error',
      error: { type: 'billing_error', message: 'spend limit reached' },
      request_id: 'req_1',
    })
  })

  test('about a command has the code that its documents have', () => {
    const error = new ProxyError('sandbox_denied', 'file: must stay inside the workspace (rule outside_root)')

    expect(anthropicSurface.encodeError(error, 'req_1').error).toEqual({
      type: 'permission_error',
      code: 'sandbox_denied',
      message: 'file: must stay inside the workspace (rule outside_root)',
    })
  })

  test('after the commit point is one event, whatever its message holds', () => {
    const text = anthropicSurface.encodeErrorEvent(new ProxyError('stream_interrupted', 'cut\n\ndata: x'), 'req_1')

    expect(text.split('\n')).toHaveLength(4)
    expect(text.startsWith('event: error\ndata: {"type":"error"')).toBe(true)
    expect(text.endsWith('\n\n')).toBe(true)
  })

  test('about another dialect’s overflow begins with the words on which clients compact', () => {
    const error = new ProxyError('upstream_rejected', 'context_length_exceeded', {
      detail: { isContextOverflow: true },
    })

    expect(anthropicSurface.encodeError(error, 'r').error).toMatchObject({
      message: 'prompt is too long: context_length_exceeded',
    })
  })

  test('keeps the name that its upstream status has', () => {
    const error = anthropicUpstream.decodeError(failure(529, ''))

    expect(anthropicSurface.encodeError(error, 'r').error).toMatchObject({ type: 'overloaded_error' })
  })
})
