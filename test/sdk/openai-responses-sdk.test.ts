import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { rowProvider, UPSTREAM_ROWS } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'
import { failureOf, LAST_TRY, ROUND_TRIP, reasoningAt, USAGE } from './rig.ts'

const TOOL = {
  type: 'function' as const,
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
}
const billedAt = (row: string) => ({
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 60 },
  output_tokens: 23,
  output_tokens_details: { reasoning_tokens: reasoningAt(row) },
  total_tokens: 123,
})

for (const row of UPSTREAM_ROWS) {
  describe(`the OpenAI SDK speaking Responses before ${row}`, () => {
    let proxy: TestProxy
    let client: OpenAI
    let asked = 0
    /** A target that was refused rests, so every request has its own, by whatever name. */
    const hello = () => ({ input: 'hi', model: `model-${asked++}` })
    beforeAll(async () => {
      proxy = await openProxy({ provider: { ...rowProvider(row), model: null } })
      client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'of-the-client', maxRetries: 0 })
    })
    afterEach(() => proxy.clear())
    afterAll(() => proxy.stop())

    test('gets a response', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'Hello.' }], usage: USAGE })

      const response = await client.responses.create(hello())

      expect(response.output_text).toBe('Hello.')
      expect(response.status).toBe('completed')
      expect(response.usage).toMatchObject(billedAt(row))
    })

    test('streams: its helper folds the final response', async () => {
      proxy.simulator.enqueue({
        blocks: [{ thinking: 'Let me see.' }, { text: 'It is sunny there today.' }],
        chunkChars: 5,
        usage: USAGE,
      })
      const texts: string[] = []

      const stream = client.responses
        .stream({ ...hello(), reasoning: { effort: 'low', summary: 'auto' } })
        .on('response.output_text.delta', ({ delta }) => texts.push(delta))
      const response = await stream.finalResponse()

      expect(texts.join('')).toBe('It is sunny there today.')
      expect(response.output_text).toBe('It is sunny there today.')
      expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
      expect(response.usage).toMatchObject(billedAt(row))
    })

    for (const stream of [true, false]) {
      test(`loops through a tool, ${stream ? 'streamed' : 'whole'}`, async () => {
        proxy.simulator.setDefault(...ROUND_TRIP)
        const base = { ...hello(), tools: [TOOL], store: false }
        const ask = async (input: OpenAI.Responses.ResponseInput) =>
          stream
            ? await client.responses.stream({ ...base, input }).finalResponse()
            : await client.responses.create({ ...base, input })
        const question = { role: 'user' as const, content: 'How is it there?' }

        const [call] = (await ask([question])).output
        if (call?.type !== 'function_call') throw new Error('no call')
        const { call_id, name, arguments: json } = call
        const again = { type: 'function_call' as const, call_id, name, arguments: json }
        const output = { type: 'function_call_output' as const, call_id, output: '21 °C' }
        const second = await ask([question, again, output])

        expect(call_id).toBe('call_1')
        expect(JSON.parse(json)).toEqual({ city: 'Łódź' })
        expect(second.output_text).toBe('Sunny.')
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

        const thrown = await failureOf(client.responses.create(hello(), { headers: LAST_TRY }))

        expect(thrown).toBeInstanceOf(kind)
        expect(thrown).toMatchObject({ status, message: expect.stringContaining('the very words') })
        if (status === 429 && thrown instanceof OpenAI.APIError) expect(thrown.headers?.get('retry-after')).toBe('7')
      })
    }

    test('is told of a stream that is cut inside by a failed response, after the words that came', async () => {
      const fault = { type: 'reset' as const, at: 'body' as const, afterEvents: 6 }
      proxy.simulator.setDefault({ blocks: [{ text: 'words and words and words' }], chunkChars: 4, delayMs: 80, fault })
      const texts: string[] = []

      const stream = client.responses.stream(hello()).on('response.output_text.delta', ({ delta }) => texts.push(delta))
      const response = await stream.finalResponse()

      expect(response.status).toBe('failed')
      expect(response.error?.message).toBeString()
      expect(texts.length).toBeGreaterThan(0)
    })

    test('that aborts ends the request upstream too', async () => {
      proxy.simulator.enqueue({ blocks: [{ text: 'words '.repeat(100) }], chunkChars: 4, delayMs: 20 })

      const stream = client.responses.stream(hello())
      stream.on('response.output_text.delta', () => stream.abort())
      const thrown = await failureOf(stream.finalResponse())

      expect(thrown).toBeInstanceOf(OpenAI.APIUserAbortError)
      expect((await proxy.simulator.waitForRequest((request) => request.aborted)).aborted).toBe(true)
      expect((await proxy.settled(1))[0]?.outcome).toBe('client_closed')
    })

    test('counts the tokens of an input', async () => {
      const count = await client.responses.inputTokens.count({ ...hello(), input: 'How many are these?' })

      expect(count.object).toBe('response.input_tokens')
      expect(count.input_tokens).toBeGreaterThan(4)
    })
  })
}
