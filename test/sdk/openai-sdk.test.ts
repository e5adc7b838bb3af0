import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { rowProvider, UPSTREAM_ROWS } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'
import { failureOf, LAST_TRY, ROUND_TRIP, reasoningAt, USAGE } from './rig.ts'

const MESSAGES = [{ role: 'user' as const, content: 'hi' }]
const TOOL = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const billedAt = (row: string) => ({
  prompt_tokens: 100,
  completion_tokens: 23,
  total_tokens: 123,
  prompt_tokens_details: { cached_tokens: 60 },
  completion_tokens_details: { reasoning_tokens: reasoningAt(row) },
})

for (const row of UPSTREAM_ROWS) {
  describe(`the OpenAI SDK before ${row}`, () => {
    let proxy: TestProxy
    let client: OpenAI
    let asked = 0
    /** A target that was refused rests, so every request has its own, by whatever name. */
    const hello = () => ({ messages: MESSAGES, model: `model-${asked++}` })
    beforeAll(async () => {
      proxy = await openProxy({ provider: { ...rowProvider(row), model: null } })
      client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'of-the-client', maxRetries: 0 })
    })
    afterEach(() => proxy.clear())
    afterAll(() => proxy.stop())

    test('gets a completion', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'Hello.' }], usage: USAGE })

      const completion = await client.chat.completions.create(hello())

      expect(completion.choices[0]?.message.content).toBe('Hello.')
      expect(completion.choices[0]?.finish_reason).toBe('stop')
      expect(completion.usage).toMatchObject(billedAt(row))
    })

    test('streams: its helper folds the final completion, usage included where it is asked for', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'It is sunny there today.' }], chunkChars: 5, usage: USAGE })
      const texts: string[] = []

      const stream = client.chat.completions
        .stream({ ...hello(), stream_options: { include_usage: true } })
        .on('content', (delta) => texts.push(delta))
      const completion = await stream.finalChatCompletion()

      expect(texts.join('')).toBe('It is sunny there today.')
      expect(completion.choices[0]?.message.content).toBe('It is sunny there today.')
      expect(completion.usage).toMatchObject(billedAt(row))
    })

    test('streams without usage where it is not asked for', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'Hello.' }], usage: USAGE })

      const chunks: OpenAI.ChatCompletionChunk[] = []
      for await (const chunk of await client.chat.completions.create({ ...hello(), stream: true })) chunks.push(chunk)

      expect(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage)).toBe(true)
      expect((await proxy.settled(1))[0]).toMatchObject({
        usage: { ...USAGE, reasoningTokens: reasoningAt(row) },
        isUsageEstimated: false,
      })
    })

    for (const stream of [true, false]) {
      test(`loops through a tool, ${stream ? 'streamed' : 'whole'}`, async () => {
        proxy.simulator.setDefault(...ROUND_TRIP)
        const base = { ...hello(), tools: [TOOL] }
        const ask = async (messages: OpenAI.ChatCompletionMessageParam[]) =>
          stream
            ? await client.chat.completions.stream({ ...base, messages }).finalChatCompletion()
            : await client.chat.completions.create({ ...base, messages })

        const first = (await ask(MESSAGES)).choices[0]
        if (first === undefined) throw new Error('no choice')
        const result = { role: 'tool' as const, tool_call_id: 'call_1', content: '21 °C' }
        // The helper's own `parsed` is not for the wire.
        const { role, content, tool_calls: calls = [] } = first.message
        const turn = { role, content, tool_calls: calls.map(bare) }
        const second = (await ask([...MESSAGES, turn, result])).choices[0]

        expect(first.finish_reason).toBe('tool_calls')
        const [call] = calls
        expect(call).toMatchObject({ id: 'call_1', type: 'function' })
        const args = call?.type === 'function' ? call.function.arguments : ''
        expect(JSON.parse(args)).toEqual({ city: 'Łódź' })
        expect(second?.message.content).toBe('Sunny.')
      })
    }

    const refusals = [
      [400, OpenAI.BadRequestError],
      [401, OpenAI.AuthenticationError],
      [403, OpenAI.PermissionDeniedError],
      [404, OpenAI.NotFoundError],
      [429, OpenAI.RateLimitError],
      [500, OpenAI.InternalServerError],
      [503, OpenAI.InternalServerError],
    ] as const
    for (const [status, kind] of refusals) {
      test(`throws ${kind.name} at a ${status}`, async () => {
        proxy.simulator.setDefault({ status, message: 'the very words', headers: { 'retry-after': '7' } })

        const thrown = await failureOf(client.chat.completions.create(hello(), { headers: LAST_TRY }))

        expect(thrown).toBeInstanceOf(kind)
        expect(thrown).toMatchObject({ status, message: expect.stringContaining('the very words') })
        if (status === 429 && thrown instanceof OpenAI.APIError) expect(thrown.headers?.get('retry-after')).toBe('7')
      })
    }

    test('throws from a stream that fails inside, after the words that came', async () => {
      const fault = { type: 'error_event' as const, afterEvents: 5, message: 'it broke' }
      proxy.simulator.setDefault({ blocks: [{ text: 'words and words and words' }], chunkChars: 4, delayMs: 80, fault })
      const texts: string[] = []

      const stream = client.chat.completions.stream(hello()).on('content', (text) => texts.push(text))
      const thrown = await failureOf(stream.finalChatCompletion())

      expect(thrown).toBeInstanceOf(OpenAI.APIError)
      expect(texts.length).toBeGreaterThan(0)
    })

    test('that aborts ends the request upstream too', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'words '.repeat(100) }], chunkChars: 4, delayMs: 20 })

      const stream = client.chat.completions.stream(hello())
      stream.on('content', () => stream.abort())
      const thrown = await failureOf(stream.finalChatCompletion())

      expect(thrown).toBeInstanceOf(OpenAI.APIUserAbortError)
      expect((await proxy.simulator.waitForRequest((request) => request.aborted)).aborted).toBe(true)
      expect((await proxy.settled(1))[0]?.outcome).toBe('client_closed')
    })
  })
}

/** A call as the wire has it: the stream helper adds its parsed arguments. */
function bare(call: OpenAI.ChatCompletionMessageToolCall): OpenAI.ChatCompletionMessageToolCall {
  if (call.type !== 'function') return call
  const { id, type, function: asked } = call
  return { id, type, function: { name: asked.name, arguments: asked.arguments } }
}

test('the OpenAI SDK gets embeddings where the provider has them, and a 404 where not', async () => {
  const proxy = await openProxy({ provider: rowProvider('openai') })
  const without = await openProxy({ provider: rowProvider('anthropic') })
  const input = ['one', 'two']
  const from = (url: string) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'x', maxRetries: 0 }).embeddings.create({
      model: 'text-embedding-3-small',
      input,
      encoding_format: 'float',
    })

  const { data } = await from(proxy.url)
  const thrown = await failureOf(from(without.url))

  expect(data.map((item) => item.embedding.length)).toEqual([8, 8])
  expect(thrown).toBeInstanceOf(OpenAI.NotFoundError)
  await Promise.all([proxy.stop(), without.stop()])
})

test("the OpenAI SDK reads lynkr's list of models, and one of them", async () => {
  const proxy = await openProxy({ provider: { catalogue: { models: ['claude-one', 'claude-two'], isClosed: false } } })
  const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'x', maxRetries: 0 })

  const ids: string[] = []
  for await (const model of client.models.list()) ids.push(model.id)
  const one = await client.models.retrieve('claude-two')
  const thrown = await failureOf(client.models.retrieve('claude-tow'))

  expect(ids).toEqual(['claude-one', 'claude-two'])
  expect(one).toEqual({ id: 'claude-two', object: 'model', created: 0, owned_by: 'anthropic' })
  expect(thrown).toBeInstanceOf(OpenAI.NotFoundError)
  expect(String(thrown)).toContain('near are claude-two')
  await proxy.stop()
})
