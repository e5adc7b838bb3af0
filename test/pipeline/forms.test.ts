import { afterEach, beforeEach, expect, test } from 'bun:test'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { loadEnvironment, settingsOf } from '../config/support.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'

let upstream: Simulator
let proxy: TestProxy

/** OpenAI by nothing but its key and an address. */
beforeEach(async () => {
  upstream = await startSimulator()
  const { defaultProvider } = settingsOf(
    loadEnvironment({ PORT: '9', OPENAI_API_KEY: 'ours', OPENAI_API_BASE: upstream.url }),
  )
  if (defaultProvider === null) throw new Error('a key enables its provider')
  proxy = await openProxy({ provider: defaultProvider, routes: { defaultProvider, providers: [defaultProvider] } })
})
afterEach(async () => {
  await proxy.stop()
  await upstream.stop()
})

const ask = (members: object = {}, path = '/v1/responses') =>
  post(proxy, { model: 'gpt-5', input: 'hello', store: false, ...members }, { path })
const paths = () => upstream.requests().map(({ path }) => path)

test('a Responses request passes through to the Responses form, byte for byte', async () => {
  const body = '{ "model":"gpt-5",  "input":"hello", "store" : false, "max_output_tokens":1.0e3 }'
  const headers = { 'content-type': 'application/json' }

  const response = await fetch(`${proxy.url}/v1/responses`, { method: 'POST', headers, body })

  expect(response.status).toBe(200)
  expect(upstream.requests().map(({ path, text }) => ({ path, text }))).toEqual([{ path: '/v1/responses', text: body }])
  expect((await proxy.settled(1))[0]).toMatchObject({ provider: 'openai', lane: 'passthrough' })
})

test('Chat and Messages requests go by Chat as before', async () => {
  const messages = [{ role: 'user', content: 'hello' }]

  await ask({ input: undefined, messages, store: undefined }, '/v1/chat/completions')
  await ask({ input: undefined, messages, store: undefined, max_tokens: 9 }, '/v1/messages')

  expect(paths()).toEqual(['/v1/chat/completions', '/v1/chat/completions'])
})

test.each([404, 405, 501])(
  'a server that answers %i in this form is asked in the other, and the next time at once',
  async (status) => {
    upstream.enqueue({ status }, { blocks: [{ text: 'By Chat.' }] }, { blocks: [{ text: 'Again.' }] })

    const first = await ask()
    const second = await ask()

    expect(await first.text()).toContain('By Chat.')
    expect(await second.text()).toContain('Again.')
    expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions'])
  },
)

test('an unknown model is unknown in both forms, and neither is given up', async () => {
  upstream.enqueue({ status: 404 }, { status: 404 }, { blocks: [{ text: 'Hello.' }] })

  const refused = await ask()
  const answered = await ask()

  expect(refused.status).toBe(404)
  expect(answered.status).toBe(200)
  expect(paths()).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/responses'])
})

test('a request that goes on from what OpenAI keeps is never answered by the form that does not know it', async () => {
  upstream.enqueue({ status: 404 })

  const response = await ask({ previous_response_id: 'resp_kept_there' })

  expect(response.status).toBe(404)
  expect(paths()).toEqual(['/v1/responses'])
})

test('tokens are counted by the form of the client', async () => {
  const response = await ask({}, '/v1/responses/input_tokens')

  expect(response.status).toBe(200)
  expect(paths()).toEqual(['/v1/responses/input_tokens'])
})
