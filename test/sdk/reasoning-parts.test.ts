import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'

const SIGNATURE = Buffer.from('a signature that only its maker can check').toString('base64')
const MESSAGES = [{ role: 'user' as const, content: 'hi' }]
const THOUGHT = { blocks: [{ thinking: 'I should look.', signature: SIGNATURE }, { text: 'It is sunny.' }] }
const DETAIL = { type: 'reasoning.text', text: 'I should look.', signature: SIGNATURE }

describe('reasoning that Databricks writes among the parts of an answer', () => {
  let proxy: TestProxy
  let client: OpenAI
  beforeAll(async () => {
    proxy = await openProxy({ provider: rowProvider('databricks') })
    client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'of-the-client', maxRetries: 0 })
  })
  afterEach(() => proxy.clear())
  afterAll(() => proxy.stop())

  test('is no part of the words that a client reads, in a stream', async () => {
    proxy.simulator.enqueue({ ...THOUGHT, chunkChars: 5 })
    const deltas: object[] = []

    const stream = client.chat.completions.stream({ model: 'claude-sonnet-4-5', messages: MESSAGES })
    stream.on('chunk', ({ choices: [choice] }) => choice !== undefined && deltas.push(choice.delta))

    expect(await stream.finalContent()).toBe('It is sunny.')
    expect(deltas.map((delta) => ('reasoning_content' in delta ? delta.reasoning_content : '')).join('')).toBe(
      'I should look.',
    )
    expect(deltas).toContainEqual({
      reasoning_details: [{ type: 'reasoning.text', signature: SIGNATURE, index: 0 }],
    })
  })

  test('is no part of the words that a client reads, in a whole answer', async () => {
    proxy.simulator.enqueue(THOUGHT)

    const { choices, usage } = await client.chat.completions.create({ model: 'claude-sonnet-4-5', messages: MESSAGES })

    expect(choices[0]?.message).toMatchObject({
      content: 'It is sunny.',
      reasoning_content: 'I should look.',
      reasoning_details: [DETAIL],
    })
    expect(usage?.total_tokens).toBeGreaterThan(0)
  })

  test('goes back among the parts, where a client hands it back with its signature', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } } as const
    const thought = { reasoning_content: 'I should look.', reasoning_details: [DETAIL] }
    const messages = [
      ...MESSAGES,
      { role: 'assistant' as const, content: 'Looking.', tool_calls: [call], ...thought },
      { role: 'tool' as const, tool_call_id: 'call_1', content: 'sun' },
    ]
    const tools = [
      { type: 'function' as const, function: { name: 'look', parameters: { type: 'object', properties: {} } } },
    ]

    await client.chat.completions.create({ model: 'claude-sonnet-4-5', messages, tools })

    const [received] = proxy.simulator.requests()
    const summary = [{ type: 'summary_text', text: 'I should look.', signature: SIGNATURE }]
    expect(received?.json).toHaveProperty('messages.1', {
      role: 'assistant',
      content: [
        { type: 'reasoning', summary },
        { type: 'text', text: 'Looking.' },
      ],
      tool_calls: [call],
    })
  })
})
