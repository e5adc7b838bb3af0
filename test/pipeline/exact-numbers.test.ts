import { describe, expect, test } from 'bun:test'
import type { Provider } from '../../src/core/target.ts'
import type { Transport } from '../../src/core/transport.ts'
import { readMessage } from '../../src/http/socket-message.ts'
import { fetchTransport, fromResponse } from '../../src/upstream/fetch-transport.ts'
import { rowProvider } from '../matrix/lanes.ts'
import { CHAT_PROVIDER, HELLO, openProxy, post } from '../support/proxy.ts'

const ID = '9223372036854775807'
const CALL = `{"id":"c1","name":"f","input":{"id":${ID}}}`
const USAGE = '{"input_tokens":1,"output_tokens":1}'
const MESSAGE = `{"type":"message","id":"m","content":[{"type":"tool_use",${CALL.slice(1)}],"stop_reason":"tool_use","usage":${USAGE}}`
const CONVERSE = `{"output":{"message":{"content":[{"toolUse":{"toolUseId":"c1","name":"f","input":{"id":${ID}}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":1}}`
const CANDIDATE = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"id":${ID}}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}`
const COMPLETION = `{"id":"x","choices":[{"message":{"tool_calls":[{"id":"c1","function":{"name":"f","arguments":{"id":${ID}}}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`
const CHUNK = COMPLETION.replace('"message"', '"delta"')

const CHAT = { ...HELLO, messages: [{ role: 'user', content: 'hi' }] }

/** A request to a server that answers with this text, and what the server was sent. */
async function ask(provider: Partial<Provider>, path: string, body: string | object, answer: string) {
  let sent = ''
  const type = answer.startsWith('data:') ? 'text/event-stream' : 'application/json'
  const transport: Transport = {
    ...fetchTransport,
    async send(request) {
      sent = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body ?? undefined)
      return fromResponse(new Response(answer, { headers: { 'content-type': type } }))
    },
  }
  const proxy = await openProxy({ provider, pipeline: { transport } })
  const response = await post(proxy, body, { path })
  const text = await response.text()
  await proxy.stop()
  return { status: response.status, text: text.replaceAll('\\"', '"'), sent }
}

describe('a number of 64 bits in a tool call', () => {
  test.each<[string, Partial<Provider>, string, object, string]>([
    ['of a message, for a Chat client', {}, '/v1/chat/completions', CHAT, MESSAGE],
    ['of Converse, for a Chat client', rowProvider('bedrock-converse'), '/v1/chat/completions', CHAT, CONVERSE],
    ['of Gemini, for a Messages client', rowProvider('gemini'), '/v1/messages', HELLO, CANDIDATE],
    [
      'of a stream of Gemini',
      rowProvider('gemini'),
      '/v1/messages',
      { ...HELLO, stream: true },
      `data: ${CANDIDATE}\n\n`,
    ],
    ['of a Chat server that sends objects', CHAT_PROVIDER, '/v1/messages', HELLO, COMPLETION],
    [
      'of a stream of such',
      CHAT_PROVIDER,
      '/v1/messages',
      { ...HELLO, stream: true },
      `data: ${CHUNK}\n\ndata: [DONE]\n\n`,
    ],
  ])('%s, comes as it is', async (_, provider, path, body, answer) => {
    const { status, text } = await ask(provider, path, body, answer)

    expect(status).toBe(200)
    expect(text).toContain(`"id":${ID}`)
  })

  test.each<[string, Partial<Provider>, string]>([
    ['Chat', CHAT_PROVIDER, COMPLETION],
    ['Gemini', rowProvider('gemini'), CANDIDATE],
    ['Converse', rowProvider('bedrock-converse'), CONVERSE],
  ])('that a Messages client sends back goes to %s as it is', async (_, provider, answer) => {
    const turns = `[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use",${CALL.slice(1)}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"ok"}]}]`

    const { sent } = await ask(provider, '/v1/messages', `{"model":"m","max_tokens":9,"messages":${turns}}`, answer)

    expect(sent.replaceAll('\\"', '"')).toContain(`"id":${ID}`)
  })
})

test('a bound of 64 bits in the schema of a tool reaches another dialect as it is, through references, too', async () => {
  const schema = `{"type":"object","$defs":{"n":{"type":"integer","maximum":${ID}}},"properties":{"a":{"$ref":"#/$defs/n"}}}`
  const provider = { ...CHAT_PROVIDER, quirks: { toolSchemas: { inlineRefs: true } } }
  const body = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":${schema}}]}`

  const { sent } = await ask(provider, '/v1/messages', body, COMPLETION)

  expect(sent).toContain(`"maximum":${ID}}}`)
})

test('messages that lose a foreign thought on their way to Anthropic keep their numbers', async () => {
  const thought = '{"type":"thinking","thinking":"t","signature":"lynkr1.unsigned"}'
  const turns = `[{"role":"user","content":"hi"},{"role":"assistant","content":[${thought},{"type":"tool_use",${CALL.slice(1)}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"ok"}]}]`

  const { sent } = await ask({}, '/v1/messages', `{"model":"m","max_tokens":9,"messages":${turns}}`, MESSAGE)

  expect(sent).toContain(`"id":${ID}`)
  expect(sent).not.toContain('lynkr1')
})

test('a message of a WebSocket keeps its numbers', () => {
  const message = readMessage(`{"type":"response.create","model":"m","seed":${ID},"input":[]}`)

  expect(message?.read().body).toContain(`"seed":${ID}`)
})
