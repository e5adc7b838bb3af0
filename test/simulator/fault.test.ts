import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { Fault } from '../../src/simulator/script.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { ask, askRaw, CHAT, eventsOf, type Json, MESSAGES } from './support.ts'

let simulator: Simulator
const STREAM: Json = { ...MESSAGES, stream: true }

beforeAll(async () => {
  simulator = await startSimulator()
})

afterAll(() => simulator.stop())

function raw(fault: Fault, body = STREAM) {
  simulator.enqueue({ fault, blocks: [{ text: 'Grüße, Welt' }] })
  return askRaw(simulator, body)
}

describe('faults of the connection', () => {
  test('close ends the connection without a byte', async () => {
    const answer = await raw({ type: 'close' })

    expect(answer).toMatchObject({ text: '', ended: 'fin' })
  })

  test('a reset within the headers sends half a head and RST', async () => {
    const answer = await raw({ type: 'reset', at: 'headers' })

    expect(answer.ended).toBe('rst')
    expect(answer.text).toStartWith('HTTP/1.1 200 OK')
    expect(answer.text).not.toContain('\r\n\r\n')
  })

  test('a reset within a stream comes after exactly the events asked for', async () => {
    const answer = await raw({ type: 'reset', at: 'body', afterEvents: 2 })

    expect(answer.ended).toBe('rst')
    expect(eventsOf(answer.text.replaceAll('\r\n', '\n')).map(({ data }) => data.type)).toEqual([
      'message_start',
      'ping',
    ])
  })

  test('a reset within a whole answer comes after half of it', async () => {
    const answer = await raw({ type: 'reset', at: 'body' }, MESSAGES)

    const [head = '', body = ''] = answer.text.split('\r\n\r\n')
    expect(answer.ended).toBe('rst')
    expect(Buffer.byteLength(body)).toBe(Number(/content-length: (\d+)/.exec(head)?.[1]) >> 1)
  })

  test('a reset asked for with fin leaves the body unfinished behind a FIN', async () => {
    const answer = await raw({ type: 'reset', at: 'body', with: 'fin' })

    expect(answer.ended).toBe('fin')
    expect(answer.text).not.toEndWith('0\r\n\r\n')
  })

  test('eof ends the stream properly for HTTP and too early for the dialect', async () => {
    const answer = await raw({ type: 'eof', afterEvents: 4 })

    expect(answer.text).toEndWith('0\r\n\r\n')
    expect(answer.text).not.toContain('message_stop')
  })

  test('a hang before the headers says nothing until the client goes', async () => {
    simulator.enqueue({ fault: { type: 'hang', at: 'headers' } })
    const left = new AbortController()
    const pending = fetch(`${simulator.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01', marker: 'hang-before' },
      body: JSON.stringify(STREAM),
      signal: left.signal,
    }).catch(() => 'gone')

    await simulator.waitForRequest((request) => request.headers.has('marker'))
    left.abort()
    const seen = await simulator.waitForRequest((request) => request.headers.has('marker') && request.aborted)

    expect(await pending).toBe('gone')
    expect(seen.bytesSent).toBe(0)
  })

  test('a hang within a stream holds the connection after the events asked for', async () => {
    simulator.enqueue({ fault: { type: 'hang', at: 'body', afterEvents: 1 } })

    const answer = await askRaw(simulator, STREAM, (text) => text.includes('message_start'))
    const seen = await simulator.waitForRequest((request) => request.aborted && request.bytesSent > 0)

    expect(answer.text).not.toContain('ping')
    expect(seen.aborted).toBe(true)
  })

  test('drip and split deliver the same bytes, one by one', async () => {
    const plain = await raw({ type: 'content_type', value: 'text/event-stream; charset=utf-8' })
    const split = await raw({ type: 'split' })
    simulator.enqueue({ fault: { type: 'drip', bytesPerSecond: 1_000 }, body: 'slowly' })
    const drip = await askRaw(simulator, MESSAGES)

    expect(split.text.match(/(?<=\r\n)1\r\n/g)?.length).toBeGreaterThan(plain.text.length / 2)
    expect(drip.text).toEndWith('\r\n\r\nslowly')
  })
})

describe('faults of the answer', () => {
  async function faulty(fault: Fault, body = STREAM, path = '/v1/messages'): Promise<Response> {
    simulator.enqueue({ fault, blocks: [{ text: 'Grüße, Welt' }] })
    return ask(simulator, body, { path })
  }

  test('html is a 200 with a page', async () => {
    const response = await faulty({ type: 'html' })

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toStartWith('text/html')
    expect(await response.text()).toStartWith('<!DOCTYPE html>')
  })

  test('content_type changes nothing but the type', async () => {
    const response = await faulty({ type: 'content_type' }, MESSAGES)

    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(JSON.parse(await response.text())).toMatchObject({ type: 'message' })
  })

  test('malformed and truncated JSON do not parse', async () => {
    for (const type of ['malformed', 'truncated'] as const) {
      const text = await (await faulty({ type }, MESSAGES)).text()

      expect(() => JSON.parse(text)).toThrow()
    }
  })

  test('a malformed stream holds a record that is no JSON, a truncated one ends within a record', async () => {
    const malformed = await (await faulty({ type: 'malformed' })).text()
    const truncated = await (await faulty({ type: 'truncated' })).text()

    expect(malformed).toContain('no colon here\n')
    expect(malformed).toContain('message_stop')
    expect(truncated).not.toEndWith('\n\n')
  })

  test('an error event ends the stream in its dialect', async () => {
    const anthropic = eventsOf(await (await faulty({ type: 'error_event', afterEvents: 2 })).text())
    const chat = await (await faulty({ type: 'error_event' }, { ...CHAT, stream: true }, '/v1/chat/completions')).text()

    expect(anthropic.at(-1)).toMatchObject({ event: 'error', data: { error: { type: 'overloaded_error' } } })
    expect(eventsOf(chat).at(-1)?.data).toMatchObject({ error: { type: 'server_error' } })
    expect(chat).not.toContain('[DONE]')
  })

  test('usage can be absent or come twice', async () => {
    const absent = await (await faulty({ type: 'usage', mode: 'absent' })).text()
    const twice = await (await faulty({ type: 'usage', mode: 'duplicate' })).text()

    expect(absent).not.toContain('usage')
    expect(eventsOf(twice).filter(({ event }) => event === 'message_delta').length).toBe(2)
  })

  test('a huge body is as long as asked and stays valid', async () => {
    const whole = await (await faulty({ type: 'huge_body', bytes: 1_000_000 }, MESSAGES)).text()
    const stream = await (await faulty({ type: 'huge_body', bytes: 1_000_000 })).text()

    expect(whole.length).toBeGreaterThan(1_000_000)
    expect(JSON.parse(whole)).toMatchObject({ type: 'message' })
    expect(Buffer.byteLength(stream)).toBeGreaterThan(1_000_000)
    expect(eventsOf(stream).at(-1)?.event).toBe('message_stop')
  })

  test('a huge line has no end', async () => {
    const text = await (await faulty({ type: 'huge_line', bytes: 200_000 })).text()

    expect(text).toEndWith('a'.repeat(200_000))
  })

  test('invalid UTF-8 is in the text of both forms', async () => {
    for (const body of [MESSAGES, STREAM]) {
      const bytes = await (await faulty({ type: 'invalid_utf8' }, body)).arrayBuffer()

      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
    }
  })

  test('a gzip bomb unpacks to exactly the size asked', async () => {
    for (const bytes of [0, 1, 5_000_001]) {
      simulator.enqueue({ fault: { type: 'gzip_bomb', bytes } })
      const response = await fetch(`${simulator.url}/v1/messages`, {
        method: 'POST',
        decompress: false,
        headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify(STREAM),
      })

      const packed = await response.arrayBuffer()

      expect(gunzipSync(packed).byteLength).toBe(bytes)
      expect(packed.byteLength).toBeLessThan(10_000)
    }
  })

  test('a redirect points elsewhere', async () => {
    const response = await faulty({ type: 'redirect', location: 'http://127.0.0.1:9/' })

    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe('http://127.0.0.1:9/')
  })
})

const ENVELOPES = [
  ['/v1/messages', MESSAGES, 529, { type: 'error', error: { type: 'overloaded_error' } }],
  ['/v1/messages', MESSAGES, 401, { type: 'error', error: { type: 'authentication_error' } }],
  ['/v1/chat/completions', CHAT, 503, { error: { type: 'server_error', param: null } }],
  ['/v1/chat/completions', CHAT, 401, { error: { code: 'invalid_api_key' } }],
  ['/serving-endpoints/x/invocations', { messages: CHAT.messages }, 429, { error_code: 'REQUEST_LIMIT_EXCEEDED' }],
  ['/serving-endpoints/x/invocations', { messages: CHAT.messages }, 403, { error_code: 'PERMISSION_DENIED' }],
] as const

test.each(ENVELOPES)('%s answers a scripted status in its own envelope', async (path, body, status, expected) => {
  simulator.enqueue({ status, headers: { 'Retry-After': '1.5', 'retry-after-ms': '1500' } })

  const response = await ask(simulator, body, { path })

  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBe('1.5')
  expect(await response.json()).toMatchObject(expected)
})

test('chaos strikes at its rate, by the seed, and never twice differently', async () => {
  const chaos = { rate: 0.5, faults: [{ type: 'html' }, { type: 'content_type' }] } as const
  const runs: string[] = []
  for (const _ of [1, 2]) {
    const stormy = await startSimulator({ seed: 7, chaos: { ...chaos, faults: [...chaos.faults] } })
    const types: string[] = []
    for (let i = 0; i < 40; i++) types.push((await ask(stormy, MESSAGES)).headers.get('content-type') ?? '')
    await stormy.stop()
    runs.push(types.join())
  }

  expect(runs[0]).toBe(runs[1] ?? '')
  expect(new Set(runs[0]?.split(',')).size).toBe(3)
})

test('a reset waits while the machine is late, for what precedes it is then unread', async () => {
  let nowMs = 0
  let pauses = 0
  const scheduler = {
    ...systemScheduler,
    after(delayMs: number, run: () => void) {
      nowMs += ++pauses <= 3 ? 100 * delayMs : delayMs
      return systemScheduler.after(0, run)
    },
  }
  const late = await startSimulator({ clock: { ...systemClock, nowMs: () => nowMs }, scheduler })
  late.enqueue({ fault: { type: 'reset', at: 'body' }, blocks: [{ text: 'Hello' }] })

  const answer = await askRaw(late, STREAM)

  expect(answer).toMatchObject({ ended: 'rst' })
  expect(pauses).toBe(5)
  await late.stop()
})
