import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'
import { openSocketClient } from '../support/socket-client.ts'

const KEY = 'a-key-of-at-least-22-characters'
let lynkr: RunningLynkr

beforeAll(async () => {
  lynkr = await startLynkr({ LYNKR_API_KEYS: KEY })
})
afterAll(() => lynkr.stop())

const arrays = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const MESSAGES = '"messages":[{"role":"user","content":"hi"}]'
const FIELDS = `"model":"claude-sonnet-5-5","max_tokens":9,"input":"hi",${MESSAGES}`

/** Bodies that no surface takes: whoever sent them gets a 4xx in words of its own dialect. */
const BODIES: Readonly<Record<string, string | Uint8Array>> = {
  'half an object': '{"model":"m',
  'a byte order mark': `\ufeff{${FIELDS}}`,
  'a lone value': '7',
  null: 'null',
  'an array': '[]',
  'bytes that are no UTF-8': new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'arrays 129 deep': arrays(129),
  'arrays 100,000 deep': arrays(100_000),
  'objects 100,000 deep': objects(100_000),
  'an object 129 deep': objects(129),
  'a member 100,000 deep': `{${FIELDS},"metadata":${objects(100_000)}}`,
  'an id 100,000 deep': `{"jsonrpc":"2.0","id":${arrays(100_000)},"method":"tools/list"}`,
  'members of the prototype': '{"__proto__":{"model":"m"},"constructor":{"prototype":1}}',
  'a model that is an object': `{"model":{},"input":"hi",${MESSAGES}}`,
  'a gzip stream': Bun.gzipSync(Buffer.from(`{${FIELDS}}`)),
}

interface Surface {
  readonly path: string
  readonly isAdmin?: true
  /** What the error stands in. */
  readonly envelope: 'anthropic' | 'openai' | 'json-rpc' | 'plain'
}

const SURFACES: readonly Surface[] = [
  { path: '/v1/messages', envelope: 'anthropic' },
  { path: '/v1/messages/count_tokens', envelope: 'anthropic' },
  { path: '/v1/chat/completions', envelope: 'openai' },
  { path: '/v1/responses', envelope: 'openai' },
  { path: '/v1/responses/input_tokens', envelope: 'openai' },
  { path: '/v1/embeddings', envelope: 'openai' },
  { path: '/v1/commands/none', envelope: 'anthropic' },
  { path: '/admin/keys', envelope: 'anthropic', isAdmin: true },
  { path: '/mcp', envelope: 'json-rpc' },
  { path: '/dashboard/login', envelope: 'plain' },
]

/** On a machine short of processor time lynkr sheds: that is no answer to what was asked. */
async function answerTo(path: string, body: string | Uint8Array, key = KEY): Promise<{ status: number; text: string }> {
  let answer = { status: 0, text: '' }
  await eventually(async () => {
    const response = await fetch(lynkr.server.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'x-api-key': key,
      },
      body,
    })
    answer = { status: response.status, text: await response.text() }
    return !/lynkr is at its limit/.test(answer.text)
  })
  return answer
}

const MEMBERS = {
  anthropic: ['type', 'error', 'request_id'],
  openai: ['error'],
  'json-rpc': ['jsonrpc', 'error', 'id'],
  plain: ['error'],
} as const

for (const { path, envelope, isAdmin } of SURFACES) {
  describe(`POST ${path} answers with a 4xx of its dialect:`, () => {
    for (const [name, body] of Object.entries(BODIES)) {
      test(name, async () => {
        const { status, text } = await answerTo(path, body, isAdmin ? lynkr.adminKey : KEY)

        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
        expect(Object.keys(JSON.parse(text)).toSorted()).toEqual([...MEMBERS[envelope]].toSorted())
      })
    }
  })
}

describe('a WebSocket', () => {
  for (const [name, body] of Object.entries(BODIES)) {
    if (typeof body !== 'string') continue
    test(`hears of an error, and nobody else does: ${name}`, async () => {
      const client = await openSocketClient(lynkr.server.url, { authorization: `Bearer ${KEY}` })
      const neighbour = await openSocketClient(lynkr.server.url, { authorization: `Bearer ${KEY}` })
      const isObject = body.startsWith('{') && body.endsWith('}')

      client.send(isObject ? `{"type":"response.create",${body.slice(1)}` : body)
      const answer = await client.next()
      neighbour.send({ type: 'response.create', generate: false, model: 'gpt-5.5', input: [] })
      const others = await neighbour.answer()
      client.close()
      neighbour.close()

      expect(answer.type).toBe('error')
      expect(others).not.toHaveLength(0)
      expect((await fetch(`${lynkr.server.url}/health/ready`)).status).toBe(200)
    })
  }
})

test('a cancellation of what cannot be a call is taken and cancels nothing', async () => {
  const body = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${arrays(100_000)}}}`

  expect((await answerTo('/mcp', body)).status).toBeLessThan(500)
})

test("a tool call's arguments may be nested as deep as a client likes, at no cost to lynkr", async () => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: objects(100_000) } }
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'done' },
  ]
  const body = JSON.stringify({ model: 'claude-sonnet-5-5', max_tokens: 9, messages })

  expect((await answerTo('/v1/chat/completions', body)).status).toBeLessThan(500)
})
