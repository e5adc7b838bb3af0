import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { rowProvider } from '../matrix/lanes.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'

const CODE = { raw: { executableCode: { language: 'PYTHON', code: 'print(1)' } } }
const SCRIPT = { blocks: [{ text: 'Before. ' }, CODE, { text: 'Behind.' }] }
const QUESTION = [{ role: 'user' as const, content: 'hi' }]

let proxy: TestProxy
beforeAll(async () => {
  proxy = await openProxy({ provider: { ...rowProvider('gemini'), model: null } })
})
afterEach(async () => {
  expect((await proxy.settled(1))[0]?.dropped).toEqual(['answer.executableCode'])
  proxy.clear()
})
afterAll(() => proxy.stop())

const openai = () => new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'of-the-client', maxRetries: 0 })

test('the Anthropic SDK reads past the comment that names what a stream lost', async () => {
  proxy.simulator.enqueue(SCRIPT)
  const client = new Anthropic({ baseURL: proxy.url, apiKey: 'of-the-client', maxRetries: 0 })

  const stream = client.messages.stream({ model: 'm', max_tokens: 100, messages: QUESTION })

  const { content } = await stream.finalMessage()
  expect(content.map((block) => (block.type === 'text' ? block.text : block.type)).join('')).toBe('Before. Behind.')
})

test('the OpenAI SDK does, speaking Chat', async () => {
  proxy.simulator.enqueue(SCRIPT)

  const completion = await openai().chat.completions.stream({ model: 'm', messages: QUESTION }).finalChatCompletion()

  expect(completion.choices[0]?.message.content).toBe('Before. Behind.')
})

test('and speaking Responses', async () => {
  proxy.simulator.enqueue(SCRIPT)

  const response = await openai().responses.stream({ model: 'm', input: 'hi' }).finalResponse()

  expect(response.output_text).toBe('Before. Behind.')
})
