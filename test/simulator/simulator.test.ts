import { afterEach, beforeEach, expect, test } from 'bun:test'
import { toolRoundTrip } from '../../src/simulator/script.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { ask, MESSAGES } from './support.ts'

let simulator: Simulator

beforeEach(async () => {
  simulator = await startSimulator()
})

afterEach(() => simulator.stop())

const TOOL = { name: 'Bash', input_schema: { type: 'object' } }
test('without a script it says who it is and what it was told', async () => {
  const response = await ask(simulator, MESSAGES)

  expect(response.status).toBe(200)
  expect(JSON.stringify(await response.json())).toContain('You said: hi there')
})

test('each script answers one request, in order, and the demo answers the rest', async () => {
  simulator.enqueue({ blocks: [{ text: 'first' }] }, { status: 529 })

  const answers = [await ask(simulator, MESSAGES), await ask(simulator, MESSAGES), await ask(simulator, MESSAGES)]

  expect(answers.map((answer) => answer.status)).toEqual([200, 529, 200])
})

test('a tool round trip asks for the tool first and speaks once its result is there', async () => {
  const tool = { name: 'Bash', input: { command: 'ls' }, id: 'toolu_1' }
  simulator.setDefault(...toolRoundTrip({ tool, answer: 'done' }))
  const call = { type: 'tool_use', ...tool }
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a b' }] }

  const first = await (await ask(simulator, { ...MESSAGES, tools: [TOOL] })).json()
  const messages = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: [call] }, result]
  const second = await (await ask(simulator, { ...MESSAGES, tools: [TOOL], messages })).json()

  expect(first).toMatchObject({ content: [call], stop_reason: 'tool_use' })
  expect(second).toMatchObject({ content: [{ type: 'text', text: 'done' }], stop_reason: 'end_turn' })
})

test('it tells what it received, and whether the client left before the end', async () => {
  simulator.enqueue({ fault: { type: 'hang', at: 'headers' } })
  const gone = new AbortController()
  const pending = fetch(`${simulator.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(MESSAGES),
    signal: gone.signal,
  })
  pending.catch(() => undefined)

  await simulator.waitForRequest((request) => request.query === '?beta=true')
  gone.abort()
  const seen = await simulator.waitForRequest((request) => request.aborted)

  expect(seen.json).toEqual(MESSAGES)
  expect(seen.headers.get('x-api-key')).toBe('any')
  expect(seen.bytesSent).toBe(0)
})

test('no body makes it fall over', async () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const bodies = ['', '[]', 'null', '"x"', '{', deep, `{"model":"m","input":${deep}}`, `{"messages":${deep}}`, '\u0000']

  for (const path of ['/v1/messages', '/v1/chat/completions', '/v1/embeddings', '/serving-endpoints/x/invocations']) {
    for (const body of bodies) {
      const headers = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }
      const response = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body })

      expect(response.status).toBeOneOf([200, 400])
    }
  }
})

test.each([
  [
    'a custom tool',
    '/v1/responses',
    { model: 'm', stream: true, input: 'x', tools: [{ type: 'custom', name: 'patch' }] },
  ],
  ['Gemini', '/v1beta/models/g:streamGenerateContent', { contents: [{ role: 'user', parts: [{ text: 'x' }] }] }],
  ['Converse', '/model/m/converse', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
])('arguments that are no JSON are told to %s as they can be', async (_, path, body) => {
  simulator.enqueue({ blocks: [{ tool: { name: 'patch', input: '*** Begin Patch' } }] })

  const answer = await ask(simulator, body, { path })

  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('*** Begin Patch')])
})

test('embeddings are as long and in the form that is asked for', async () => {
  const embed = async (more: object): Promise<unknown> => {
    const answer = await ask(simulator, { model: 'm', input: 'hi', ...more }, { path: '/v1/embeddings' })
    return ((await answer.json()) as { data: { embedding: unknown }[] }).data[0]?.embedding
  }

  const numbers = (await embed({ dimensions: 3 })) as number[]
  const text = String(await embed({ dimensions: 3, encoding_format: 'base64' }))

  expect(numbers.length).toBe(3)
  expect([...new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)]).toEqual(numbers.map(Math.fround))
})
