import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type Scheduler, systemClock, systemScheduler } from '../../src/core/clock.ts'
import { SOCKET_MS_MAX, STREAM_ID_CHARS_MAX } from '../../src/core/limits.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openaiResponsesSurface } from '../../src/dialect/openai-responses/index.ts'
import { openResponsesSocket } from '../../src/http/responses-socket.ts'
import { openConversations } from '../../src/pipeline/conversations.ts'
import type { PipelineDeps } from '../../src/pipeline/ports.ts'
import { openProtections, PROTECTION } from '../../src/pipeline/protections.ts'
import { toolRoundTrip } from '../../src/simulator/script.ts'
import { checkWire } from '../dialect/openai-responses/wire-grammar.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'
import { openSocketClient, type SocketClient } from '../support/socket-client.ts'

type Json = Readonly<Record<string, unknown>>

const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
const create = (members: Json = {}) => ({
  type: 'response.create',
  model: 'gpt-5.5',
  input: [user('hi')],
  store: false,
  include: ['reasoning.encrypted_content'],
  reasoning: { effort: 'low', summary: 'auto' },
  ...members,
})

for (const row of ['anthropic', 'openai', 'databricks', 'openai-responses']) {
  describe(`a WebSocket client before ${row}`, () => {
    let proxy: TestProxy
    let client: SocketClient
    beforeEach(async () => {
      proxy = await openProxy({ provider: rowProvider(row) })
      client = await openSocketClient(proxy.url)
    })
    afterEach(async () => {
      client.close()
      await proxy.stop()
    })

    test('gets the events of an HTTP stream, one to a message', async () => {
      proxy.simulator.enqueue({ blocks: [{ thinking: 'Hm.' }, { text: 'Hello there.' }], chunkChars: 4 })

      client.send(create())
      const events = await client.answer()

      checkWire(events)
      expect(textOf(events.at(-1))).toBe('Hello there.')
      expect((await proxy.settled(1))[0]).toMatchObject({ surface: 'responses', outcome: 'ok', stream: true })
    })

    test('warms up without an answer, and goes on from that', async () => {
      client.send(create({ generate: false, input: [user('what came first')] }))
      const warm = await client.answer()
      client.send(create({ previous_response_id: idOf(warm), input: [user('what came second')] }))
      const events = await client.answer()

      checkWire(warm)
      expect(warm.at(-1)?.response).toMatchObject({ output: [], usage: { total_tokens: 0 } })
      checkWire(events)
      const [received, ...others] = proxy.simulator.requests()
      expect(others).toEqual([])
      expect(received?.text).toMatch(/what came first.*what came second/s)
      expect(received?.text).not.toContain('previous_response_id')
    })

    test('warms up with its instructions alone, before anything was said', async () => {
      client.send(create({ generate: false, instructions: 'Be brief.', input: [] }))
      const warm = await client.answer()
      client.send(create({ previous_response_id: idOf(warm), instructions: 'Be brief.' }))
      const events = await client.answer()

      checkWire(warm)
      checkWire(events)
      expect(proxy.simulator.requests()).toHaveLength(1)
    })

    test('is told that it has said nothing, where the provider speaks another dialect', async () => {
      client.send(create({ input: [] }))
      const [first] = await client.answer()

      const isOwn = row === 'openai-responses'
      expect(first).toMatchObject({ type: 'error', error: { param: isOwn ? null : 'input' } })
      expect(proxy.simulator.requests()).toHaveLength(isOwn ? 1 : 0)
    })

    test('goes on from answer to answer by sending what is new', async () => {
      const tool = { name: 'read', input: { path: '/a' }, id: 'call_1' }
      proxy.simulator.setDefault(...toolRoundTrip({ tool, answer: 'It says b.' }))
      const tools = [{ type: 'function', name: 'read', parameters: { type: 'object', properties: {} }, strict: false }]

      client.send(create({ tools, input: [user('the question')] }))
      const first = await client.answer()
      const output = { type: 'function_call_output', call_id: 'call_1', output: 'b' }
      client.send(create({ tools, previous_response_id: idOf(first), input: [output] }))
      const second = await client.answer()
      client.send(create({ tools, previous_response_id: idOf(first), input: [output] }))
      const third = await client.answer()

      expect(textOf(second.at(-1))).toBe('It says b.')
      const last = proxy.simulator.requests().at(-1)
      expect(last?.text).toContain('the question')
      expect(last?.text).toContain('call_1')
      expect(third.at(-1)).toMatchObject({ type: 'error', status: 400, error: { code: 'previous_response_not_found' } })
    })

    test('hears a refusal with the status that HTTP would have had, and may ask again', async () => {
      proxy.simulator.setDefault({ status: 429, message: 'the very words', headers: { 'retry-after': '0' } })
      client.send(create({ model: 'model-refused' }))
      const [refused] = await client.answer()
      proxy.simulator.setDefault({ blocks: [{ text: 'Now it works.' }] })
      client.send(create())
      const events = await client.answer()

      expect(refused).toMatchObject({ type: 'error', status: 429, headers: { 'retry-after': expect.any(String) } })
      expect(JSON.stringify(refused)).toContain('the very words')
      expect(textOf(events.at(-1))).toBe('Now it works.')
    })

    test('hears of a stream that breaks by a failed response', async () => {
      const fault = { type: 'reset' as const, at: 'body' as const, afterEvents: 6 }
      proxy.simulator.enqueue({ blocks: [{ text: 'words and words and words' }], chunkChars: 4, delayMs: 5, fault })

      client.send(create())
      const events = await client.answer()

      checkWire(events)
      expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed' } })
    })

    test('that goes away ends the request upstream too', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'words '.repeat(200) }], chunkChars: 4, delayMs: 20 })

      client.send(create())
      await client.until('response.output_text.delta')
      client.close()

      expect((await proxy.simulator.waitForRequest((request) => request.aborted)).aborted).toBe(true)
      expect((await proxy.settled(1))[0]?.outcome).toBe('client_closed')
    })
  })
}

describe('a WebSocket', () => {
  let proxy: TestProxy
  let client: SocketClient
  beforeEach(async () => {
    proxy = await openProxy({ bodyBytesMax: 10_000 })
    client = await openSocketClient(proxy.url)
  })
  afterEach(async () => {
    client.close()
    await proxy.stop()
  })

  test('answers what is no JSON with an error and a close code', async () => {
    client.send('{"type":')

    expect(await client.next()).toMatchObject({ type: 'error', status: 400, error: { type: 'invalid_request_error' } })
    expect((await client.closed).code).toBe(1007)
  })

  test('answers what is too large with an error and a close code', async () => {
    client.send(create({ input: 'x'.repeat(10_001) }))

    expect(await client.next()).toMatchObject({ type: 'error', status: 413, error: { code: 'request_too_large' } })
    expect((await client.closed).code).toBe(1009)
  })

  test('closes on what is larger than any message may be', async () => {
    client.send('x'.repeat(2 * 1024 * 1024))

    expect((await client.closed).code).not.toBe(1000)
  })

  test('refuses a type it does not know, and a second request before the first has ended, and goes on', async () => {
    proxy.simulator.enqueue({ blocks: [{ text: 'The first answer.' }], chunkChars: 2, delayMs: 10 })
    client.send({ type: 'response.steer' })
    client.send(create())
    await client.until('response.output_text.delta')
    client.send(create())

    const events = await client.until('response.completed')

    const [busy] = events.filter(({ type }) => type === 'error')
    expect(busy).toMatchObject({ status: 400, error: { code: 'response_in_progress' } })
    expect(textOf(events.at(-1))).toBe('The first answer.')
    expect(proxy.simulator.requests()).toHaveLength(1)
  })

  test('may be asked again as soon as it has told an answer, however long the upstream keeps its connection', async () => {
    const fault = { type: 'hang' as const, at: 'body' as const, afterEvents: 1_000 }
    proxy.simulator.enqueue({ blocks: [{ text: 'The first.' }], fault }, { blocks: [{ text: 'The second.' }] })
    client.send(create())
    const first = await client.answer()

    client.send(create({ previous_response_id: idOf(first) }))
    const second = await client.answer()
    client.send(create({ previous_response_id: idOf(second) }))

    expect(textOf(second.at(-1))).toBe('The second.')
    expect((await client.answer()).at(-1)?.type).toBe('response.completed')
  })

  test('ignores what only says that an answer was read', async () => {
    client.send({ type: 'response.processed', response_id: 'resp_1' })
    client.send(create())

    expect((await client.answer())[0]?.type).toBe('response.created')
  })

  test('a stream id that every event would have to repeat has a bound', async () => {
    client.send(create({ stream_id: 'x'.repeat(STREAM_ID_CHARS_MAX + 1) }))
    const refused = await client.next()
    client.send(create({ stream_id: 'x'.repeat(STREAM_ID_CHARS_MAX) }))
    const events = await client.answer()

    expect(refused).toMatchObject({ type: 'error', status: 400, error: { param: 'stream_id' } })
    expect(refused.stream_id).toBeUndefined()
    checkWire(events)
    expect(proxy.simulator.requests()).toHaveLength(1)
  })

  test('names the conversation on every event where the client does', async () => {
    client.send(create({ stream_id: 's-1' }))

    const events = await client.answer()

    expect(events.every((event) => event.stream_id === 's-1')).toBe(true)
    expect(proxy.simulator.requests()[0]?.text).not.toContain('stream_id')
  })

  test('answers a request without a model, or with a wrong member, in words', async () => {
    client.send({ type: 'response.create', input: 'x' })
    expect(await client.next()).toMatchObject({ type: 'error', status: 400, error: { param: 'model' } })

    client.send(create({ input: 7 }))
    expect(await client.next()).toMatchObject({ type: 'error', status: 400, error: { param: 'input' } })
  })

  const long = 'x'.repeat(5_000)

  test('answers a long message of an unknown type, or with too long a stream id, as a short one', async () => {
    client.send({ type: 'response.sing', long })
    expect(await client.next()).toMatchObject({ type: 'error', status: 400, error: { param: 'type' } })

    client.send(create({ stream_id: long }))
    expect(await client.next()).toMatchObject({ type: 'error', status: 400, error: { param: 'stream_id' } })

    client.send(`{"type":"response.create","input":"${long}`)
    expect(await client.next()).toMatchObject({ type: 'error', status: 400 })
  })

  test('warms up with a long message, whose conversation its own member names and no inner one', async () => {
    const metadata = { stream_id: 's-inner' }

    client.send(create({ metadata, generate: false, stream_id: 's-own', input: [user(long)] }))
    const warm = await client.answer()
    client.send(create({ metadata, input: [user(long)] }))
    const events = await client.answer()

    expect(warm.at(-1)).toMatchObject({ stream_id: 's-own', response: { output: [], usage: { total_tokens: 0 } } })
    expect(events.at(-1)?.type).toBe('response.completed')
    expect(events.some((event) => 'stream_id' in event)).toBe(false)
    expect(proxy.simulator.requests()).toHaveLength(1)
  })

  test('forgets what it was told when it closes', async () => {
    client.send(create())
    const id = idOf(await client.answer())
    client.close()
    await client.closed
    const other = await openSocketClient(proxy.url)

    other.send(create({ previous_response_id: id }))

    expect(await other.next()).toMatchObject({ type: 'error', error: { code: 'previous_response_not_found' } })
    other.close()
  })
})

test('a long message is refused unread where there is no room for it', async () => {
  const protections = openProtections({ ...PROTECTION, shedder: { ...PROTECTION.shedder, activeRequests: 1 } })
  const proxy = await openProxy({ pipeline: { protections } })
  const [busy, other] = await Promise.all([openSocketClient(proxy.url), openSocketClient(proxy.url)])
  proxy.simulator.enqueue({
    blocks: [{ text: 'x'.repeat(100) }],
    chunkChars: 4,
    fault: { type: 'hang', at: 'body', afterEvents: 6 },
  })
  busy.send(create())
  await busy.next()

  other.send({ type: 'response.processed', response_id: 'resp_1' })
  other.send(`{"stream_id": "s-1", "input": "${'x'.repeat(10_000)}`)
  const refused = await other.next()
  busy.close()
  await proxy.settled(2)
  other.send(create({ input: 'x'.repeat(10_000) }))
  const events = await other.answer()

  expect(refused).toMatchObject({ type: 'error', status: 503, stream_id: 's-1', headers: { 'x-should-retry': 'true' } })
  expect(events.at(-1)?.type).toBe('response.completed')
  other.close()
  await proxy.stop()
})

test('a WebSocket closes when lynkr leaves: at once where it is idle, else behind its answer', async () => {
  const proxy = await openProxy()
  const [idle, busy] = await Promise.all([openSocketClient(proxy.url), openSocketClient(proxy.url)])
  proxy.simulator.enqueue({ blocks: [{ text: 'The last answer.' }], chunkChars: 2, delayMs: 5 })
  busy.send(create())
  await busy.until('response.output_text.delta')

  const drained = proxy.drain()

  expect((await idle.closed).code).toBe(1001)
  expect(textOf((await busy.answer()).at(-1))).toBe('The last answer.')
  expect((await busy.closed).code).toBe(1001)
  await drained
  await proxy.stop()
})

test('a WebSocket that has become too old ends behind its answer, and says so at once where it is idle', async () => {
  const ends: (() => void)[] = []
  const after: Scheduler['after'] = (ms, run) => {
    if (ms !== SOCKET_MS_MAX) return systemScheduler.after(ms, run)
    ends.push(run)
    return () => undefined
  }
  const proxy = await openProxy({ scheduler: { ...systemScheduler, after } })
  const [idle, busy] = await Promise.all([openSocketClient(proxy.url), openSocketClient(proxy.url)])
  proxy.simulator.enqueue({ blocks: [{ text: 'The last answer.' }], chunkChars: 2, delayMs: 5 })
  busy.send(create())
  await busy.until('response.output_text.delta')

  for (const end of ends) end()
  const events = await busy.answer()

  expect(textOf(events.at(-1))).toBe('The last answer.')
  for (const { next, closed } of [idle, busy]) {
    expect(await next()).toMatchObject({ type: 'error', error: { code: 'websocket_connection_limit_reached' } })
    expect((await closed).code).toBe(1001)
  }
  await proxy.stop()
})

test('the path of the WebSocket tells others how to come in', async () => {
  const proxy = await openProxy()

  const response = await fetch(`${proxy.url}/v1/responses`)

  expect(response.status).toBe(426)
  expect(await response.json()).toMatchObject({ error: { code: 'upgrade_required' } })
  await proxy.stop()
})

describe('keys and WebSockets', () => {
  const keys = ['a-key-of-at-least-22-characters', 'another-key-of-22-characters']
  const bearer = (key: string | undefined) => ({ authorization: `Bearer ${key}` })

  test('a connection without a key is refused at the handshake', async () => {
    const proxy = await openProxy({ apiKeys: keys })
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const headers = { ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

    const refused = await fetch(`${proxy.url}/v1/responses`, { headers })

    expect(refused.status).toBe(401)
    await expect(openSocketClient(proxy.url)).rejects.toThrow()
    await proxy.stop()
  })

  test('what one key keeps, another cannot go on from, over a socket or over HTTP', async () => {
    const proxy = await openProxy({ apiKeys: keys })
    const [own, other] = await Promise.all(keys.map((key) => openSocketClient(proxy.url, bearer(key))))
    own?.send(create({ store: true, input: [user('a secret of the first')] }))
    const id = idOf((await own?.answer()) ?? [])
    const go = { ...create({ store: true, previous_response_id: id }), type: undefined, stream: false }
    const post = (key: string | undefined) =>
      fetch(`${proxy.url}/v1/responses`, {
        method: 'POST',
        headers: { ...bearer(key), 'content-type': 'application/json' },
        body: JSON.stringify(go),
      })

    other?.send(create({ previous_response_id: id }))
    const refused = await other?.next()
    const refusedByHttp = await post(keys[1])
    const answered = await post(keys[0])

    expect(refused).toMatchObject({ type: 'error', error: { code: 'previous_response_not_found' } })
    expect(refusedByHttp.status).toBe(400)
    expect(answered.status).toBe(200)
    expect(proxy.simulator.requests().at(-1)?.text).toContain('a secret of the first')
    expect(proxy.simulator.requests()).toHaveLength(2)
    own?.close()
    other?.close()
    await proxy.stop()
  })
})

test('a web page cannot open a WebSocket to an instance without keys', async () => {
  const proxy = await openProxy()

  await expect(openSocketClient(proxy.url, { origin: 'https://evil.example' })).rejects.toThrow()

  await proxy.stop()
})

function textOf(event: Json | undefined): string {
  const { output = [] } = (event?.response ?? {}) as { output?: { content?: { text?: string }[] }[] }
  return output.flatMap(({ content = [] }) => content.map(({ text }) => text ?? '')).join('')
}

function idOf(events: readonly Json[]): string {
  const { id } = (events.at(-1)?.response ?? {}) as { id?: string }
  return id ?? ''
}

test('whoever reads nothing of what he is told is told nothing more, however much he asks, until he has read', async () => {
  const pipeline = {
    clock: systemClock,
    scheduler: systemScheduler,
    random: seededRandom(1),
    conversations: openConversations(),
  }
  // Of the pipeline a message that is refused needs no more than this.
  const deps = {
    pipeline: pipeline as unknown as PipelineDeps,
    surface: openaiResponsesSurface,
    messageBytesMax: 1_000,
  }
  const handler = openResponsesSocket(deps, new Request('http://127.0.0.1/v1/responses'))
  let told = 0
  let room = Promise.withResolvers<void>()
  const send = () => {
    told++
    return room.promise
  }
  handler.onOpen({ send, close: () => undefined })
  const ask = () => handler.onText('{"type":"nobody.knows"}')

  for (let i = 0; i < 1_000; i++) ask()
  const toldWhileFull = told
  room.resolve()
  await room.promise
  room = Promise.withResolvers()
  ask()

  expect([toldWhileFull, told]).toEqual([1, 2])
  handler.onClose()
})
