import { describe, expect, test } from 'bun:test'
import { ProxyError } from '../../src/core/errors.ts'
import { ClientAbort } from '../../src/http/client-signal.ts'

function arrive(): { readonly abort: ClientAbort; readonly leave: () => void } {
  const client = new AbortController()
  const request = new Request('http://127.0.0.1/', { signal: client.signal })
  return { abort: new ClientAbort(request), leave: () => client.abort() }
}

describe('the end of a request by its client or by hand', () => {
  test('is seen by whoever asked before it came', () => {
    const { abort, leave } = arrive()
    const { signal } = abort

    leave()

    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ kind: 'client_closed' })
  })

  test('is seen by whoever asks after it came', () => {
    const { abort, leave } = arrive()

    leave()

    expect(abort.signal.aborted).toBe(true)
    expect(abort.signal.reason).toMatchObject({ kind: 'client_closed' })
  })

  test.each([
    ['before anybody asked', false],
    ['after somebody asked', true],
  ])('by hand has its own reason, %s', (_, isAsked) => {
    const { abort } = arrive()
    const reason = new ProxyError('shutting_down', 'lynkr is stopping')
    if (isAsked) expect(abort.signal.aborted).toBe(false)

    abort.interrupt(reason)

    expect(abort.signal.aborted).toBe(true)
    expect(abort.signal.reason).toBe(reason)
  })

  test('is one signal for all who ask', () => {
    const { abort } = arrive()

    expect(abort.signal).toBe(abort.signal)
  })

  test.each([
    ['by the client', 'client_closed'],
    ['by hand', 'shutting_down'],
  ] as const)('%s ends whoever follows last, before it came or after', (how, kind) => {
    const { abort, leave } = arrive()
    const [first, second, late] = [new AbortController(), new AbortController(), new AbortController()]
    abort.follow(first)
    abort.follow(second)

    if (how === 'by hand') abort.interrupt(new ProxyError('shutting_down', 'lynkr is stopping'))
    else leave()
    abort.follow(late)

    expect([first, second, late].map(({ signal }) => signal.aborted)).toEqual([false, true, true])
    expect(second.signal.reason).toMatchObject({ kind })
    expect(abort.signal.reason).toBe(late.signal.reason)
  })

  test('ends nobody who has stopped following', () => {
    const { abort, leave } = arrive()
    const attempt = new AbortController()
    abort.follow(attempt)
    abort.follow(null)

    leave()

    expect(attempt.signal.aborted).toBe(false)
  })
})
