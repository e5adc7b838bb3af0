import type { ChatRequest } from '../../src/core/request.ts'
import { anthropicSurface } from '../../src/dialect/anthropic/index.ts'
import { openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import type { MicroRow } from '../micro.ts'

/** A request as agents send it: a long prompt, tools with schemas, and a conversation full of tool results. */
const BODY_BYTES = 138_000
export const BODY = JSON.stringify(agentRequest())
const PROFILE = { model: 'model-sent', quirks: {} }

/** One delta of a stream, framed, and everything a client gets for it. */
const CHUNK = new TextEncoder().encode(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'model-used',
    choices: [{ index: 0, delta: { content: 'A piece of an answer. ' }, finish_reason: null }],
  }),
)
export const EVENTS_A_STREAM = 1_000

/** What the least is that reading and writing such a request costs, and how much more of it a lane may take. */
const NATIVE = 'JSON.parse and JSON.stringify of 138 KB'
export const AT_MOST = { times: 1.6, of: NATIVE } as const

export const rows: readonly MicroRow[] = [
  {
    name: NATIVE,
    run(iterations) {
      for (let i = 0; i < iterations; i++) JSON.stringify(JSON.parse(BODY))
    },
  },
  {
    name: 'request of 138 KB, Messages to Chat',
    atMost: AT_MOST,
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        const request = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(BODY)))
        JSON.stringify(openaiChatUpstream.encodeRequest(request, PROFILE).json)
      }
    },
  },
  {
    name: 'event of a stream, Chat to Messages',
    targetNs: 2_000,
    run(iterations) {
      const request: ChatRequest = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(SMALL)))
      const frame = { event: '', data: CHUNK }
      for (let done = 0; done < iterations; done += EVENTS_A_STREAM) {
        const decoder = openaiChatUpstream.openDecoder({ request, profile: PROFILE })
        const encoder = anthropicSurface.openEncoder({ requestId: 'req_1', wallMs: 0, request })
        const events = Math.min(EVENTS_A_STREAM, iterations - done)
        for (let i = 0; i < events; i++) for (const event of decoder.push(frame)) encoder.push(event)
      }
    },
  },
]

export const SMALL = JSON.stringify({
  model: 'm',
  max_tokens: 10,
  stream: true,
  messages: [{ role: 'user', content: 'hi' }],
})

function agentRequest(): object {
  const tools = Array.from({ length: 25 }, (_, i) => ({
    name: `tool_${i}`,
    description: 'What the tool does, when to use it and when not. '.repeat(20),
    input_schema: {
      type: 'object',
      properties: { path: { type: 'string', description: 'a path' } },
      required: ['path'],
    },
  }))
  const head = { model: 'm', max_tokens: 32_000, stream: true, system: 'A rule to follow. '.repeat(1_000), tools }
  const messages: object[] = [{ role: 'user', content: 'Find it.' }]
  for (let i = 0; JSON.stringify({ ...head, messages }).length < BODY_BYTES; i++) {
    const call = { type: 'tool_use', id: `toolu_${i}`, name: 'tool_1', input: { path: `/src/file-${i}.ts` } }
    const result = {
      type: 'tool_result',
      tool_use_id: `toolu_${i}`,
      content: 'export const line = "of a file"\n'.repeat(60),
    }
    messages.push({ role: 'assistant', content: [{ type: 'text', text: 'Reading.' }, call] })
    messages.push({ role: 'user', content: [result] })
  }
  return { ...head, messages }
}
