import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { ask, CHAT, eventsOf, type Json, MESSAGES } from './support.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator({ seed: 42 })
})

beforeEach(() => simulator.clear())

afterAll(() => simulator.stop())

const EVERYTHING = {
  blocks: [
    { thinking: 'Let me see.', signature: 'sig' },
    { text: 'Emoji 👩‍💻 split anywhere' },
    { tool: { name: 'Bash', input: { command: 'ls' }, id: 'toolu_1' } },
    { tool: { name: 'Read', input: {}, id: 'toolu_2' } },
  ],
  usage: { inputTokens: 10, cacheReadTokens: 200, cacheWriteTokens: 30, cacheWrite1hTokens: 5, outputTokens: 7 },
  chunkChars: 3,
}

describe('Messages', () => {
  test('a whole answer holds every block, the stop reason of a call, and disjoint usage', async () => {
    simulator.enqueue(EVERYTHING)

    const json = await (await ask(simulator, MESSAGES)).json()

    expect(json).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      content: [
        { type: 'thinking', thinking: 'Let me see.', signature: 'sig' },
        { type: 'text', text: 'Emoji 👩‍💻 split anywhere' },
        { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } },
        { type: 'tool_use', id: 'toolu_2', name: 'Read', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 200,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 25, ephemeral_1h_input_tokens: 5 },
        output_tokens: 7,
      },
    })
  })

  test('a stream starts, opens and closes one block after another, and ends, with the signature last in its block', async () => {
    simulator.enqueue({ ...EVERYTHING, chunkChars: 1_000 })

    const response = await ask(simulator, { ...MESSAGES, stream: true })
    const events = eventsOf(await response.text())

    expect(response.headers.get('content-type')).toStartWith('text/event-stream')
    expect(response.headers.get('request-id')).toStartWith('req_')
    expect(events.every(({ event, data }) => event === data.type)).toBe(true)
    expect(events.map(shape)).toEqual([
      'message_start',
      'ping',
      'content_block_start 0',
      'content_block_delta 0 thinking_delta',
      'content_block_delta 0 signature_delta',
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_delta 1 text_delta',
      'content_block_stop 1',
      'content_block_start 2',
      'content_block_delta 2 input_json_delta',
      'content_block_delta 2 input_json_delta',
      'content_block_stop 2',
      'content_block_start 3',
      'content_block_delta 3 input_json_delta',
      'content_block_stop 3',
      'message_delta',
      'message_stop',
    ])
  })

  test('thinking asked for without its text comes as a signature alone', async () => {
    simulator.enqueue(EVERYTHING)

    const thinking = { type: 'adaptive', display: 'omitted' }
    const text = await (await ask(simulator, { ...MESSAGES, stream: true, thinking })).text()

    expect(text).not.toContain('thinking_delta')
    expect(text).toContain('"signature":"sig"')
  })

  test('pieces of text never part a character', async () => {
    simulator.enqueue({ ...EVERYTHING, chunkChars: 1 })

    const events = eventsOf(await (await ask(simulator, { ...MESSAGES, stream: true })).text())
    const texts = events.map(({ data }) => deltaText(data)).filter((text) => text !== undefined)

    expect(texts.join('')).toBe('Emoji 👩‍💻 split anywhere')
    expect(texts.every((text) => text.isWellFormed())).toBe(true)
  })

  test('counts tokens, lists models and knows one by name', async () => {
    const { max_tokens: _, ...countable } = MESSAGES
    const headers = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }

    const count = await (await ask(simulator, countable, { path: '/v1/messages/count_tokens' })).json()
    const list = await (await fetch(`${simulator.url}/v1/models`, { headers })).json()
    const one = await (await fetch(`${simulator.url}/v1/models/claude-haiku-5-5`, { headers })).json()
    const none = await fetch(`${simulator.url}/v1/models/nobody`, { headers })

    expect(count).toEqual({ input_tokens: expect.any(Number) })
    expect(list).toMatchObject({ has_more: false, first_id: 'claude-opus-5-5' })
    expect(one).toMatchObject({ type: 'model', id: 'claude-haiku-5-5' })
    expect(none.status).toBe(404)
  })
})

describe('Chat', () => {
  const stream = async (body: Json, path = '/v1/chat/completions') => {
    simulator.enqueue({ ...EVERYTHING, chunkChars: 1_000 })
    return (await ask(simulator, { ...body, stream: true }, { path })).text()
  }

  test('a whole answer holds calls as JSON text and usage with the cached part inside', async () => {
    simulator.enqueue(EVERYTHING)

    const json = await (await ask(simulator, CHAT, { path: '/v1/chat/completions' })).json()

    expect(json).toMatchObject({
      object: 'chat.completion',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Emoji 👩‍💻 split anywhere',
            reasoning_content: 'Let me see.',
            tool_calls: [
              { id: 'toolu_1', type: 'function', function: { name: 'Bash', arguments: '{"command":"ls"}' } },
              { id: 'toolu_2', type: 'function', function: { name: 'Read', arguments: '{}' } },
            ],
          },
        },
      ],
      usage: {
        prompt_tokens: 240,
        completion_tokens: 7,
        total_tokens: 247,
        prompt_tokens_details: { cached_tokens: 200 },
      },
    })
  })

  test('a stream tells the role, the deltas, the reason, the usage if asked for, and DONE', async () => {
    const text = await stream({ ...CHAT, stream_options: { include_usage: true } })
    const chunks = eventsOf(text).map(({ data }) => data)

    expect(text).not.toContain('event:')
    expect(text).toEndWith('\n\ndata: [DONE]\n\n')
    expect(chunks.at(0)).toMatchObject({ choices: [{ delta: { role: 'assistant', content: '' } }], usage: null })
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'tool_calls' }], usage: null })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 247 } })
  })

  test('usage stays out of a stream that did not ask for it', async () => {
    expect(await stream(CHAT)).not.toContain('usage')
  })

  test('the first piece of a call has its id and name, the later ones its index and arguments only', async () => {
    const chunks = eventsOf(await stream(CHAT)).flatMap(({ data }) => toolDeltas(data))

    expect(chunks).toEqual([
      { index: 0, id: 'toolu_1', type: 'function', function: { name: 'Bash', arguments: '' } },
      { index: 0, function: { arguments: '{"command":"ls"}' } },
      { index: 1, id: 'toolu_2', type: 'function', function: { name: 'Read', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ])
  })

  test('Azure begins with the verdict on the prompt, Databricks streams thinking as parts', async () => {
    const azure = eventsOf(await stream(CHAT, '/openai/v1/chat/completions'))
    const databricks = await stream({ messages: CHAT.messages }, '/serving-endpoints/claude/invocations')

    expect(azure[0]?.data).toMatchObject({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] })
    expect(databricks).toContain('"content":[{"type":"reasoning"')
    expect(databricks).not.toContain('reasoning_content')
  })

  test('embeds every input, always the same way', async () => {
    const body = { model: 'e', input: ['a', 'b'] }
    const [first, second] = [
      await (await ask(simulator, body, { path: '/v1/embeddings' })).text(),
      await (await ask(simulator, body, { path: '/v1/embeddings' })).text(),
    ]

    expect(first).toBe(second)
    expect(JSON.parse(first).data.length).toBe(2)
  })
})

test('the same seed gives the same bytes, another seed other names', async () => {
  const answers: string[] = []
  for (const seed of [5, 5, 6]) {
    const other = await startSimulator({ seed })
    const texts = [await ask(other, { ...MESSAGES, stream: true }), await ask(other, MESSAGES)]
    answers.push((await Promise.all(texts.map((response) => response.text()))).join())
    await other.stop()
  }

  expect(answers[0]).toBe(answers[1] ?? '')
  expect(answers[0]).not.toBe(answers[2] ?? '')
})

function shape({ event, data }: { readonly event: string; readonly data: Json }): string {
  const delta = data.delta as { type?: string } | undefined
  return [event, data.index, delta?.type].filter((part) => part !== undefined).join(' ')
}

function deltaText(data: Json): string | undefined {
  return (data.delta as { text?: string } | undefined)?.text
}

function toolDeltas(data: Json): readonly unknown[] {
  const [choice] = data.choices as readonly { readonly delta: { readonly tool_calls?: readonly unknown[] } }[]
  return choice?.delta.tool_calls ?? []
}
