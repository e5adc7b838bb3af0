import type { Frame, Surface, Upstream } from '../../src/core/dialect.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../src/dialect/openai-responses/index.ts'
import type { MicroRow } from '../micro.ts'
import { AT_MOST, BODY as MESSAGES_BODY } from './dialects.ts'

/** A request as Codex sends it: instructions, tools with schemas, and items full of outputs. */
const BODY_BYTES = 138_000
const BODY = JSON.stringify(agentRequest())
const NATIVE = 'JSON.parse and JSON.stringify of 138 KB of Responses'
const PROFILE = { model: 'model-sent', quirks: {} }
const EVENTS_A_STREAM = 1_000

const RESPONSES_DELTA: Frame = frame('response.output_text.delta', {
  sequence_number: 7,
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: 'A piece of an answer. ',
  logprobs: [],
})
const RESPONSES_START = frame('response.output_item.added', {
  output_index: 0,
  item: { type: 'message', id: 'msg_1', content: [] },
})
const MESSAGES_DELTA = frame('content_block_delta', {
  index: 0,
  delta: { type: 'text_delta', text: 'A piece of an answer. ' },
})
const MESSAGES_START = frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })

export const rows: readonly MicroRow[] = [
  {
    name: NATIVE,
    run(iterations) {
      for (let i = 0; i < iterations; i++) JSON.stringify(JSON.parse(BODY))
    },
  },
  {
    name: 'request of 138 KB, Responses to Messages',
    atMost: { times: 1.6, of: NATIVE },
    run: (iterations) => transcode(iterations, BODY, openaiResponsesSurface, anthropicUpstream),
  },
  {
    name: 'request of 138 KB, Messages to Responses',
    atMost: AT_MOST,
    run: (iterations) => transcode(iterations, MESSAGES_BODY, anthropicSurface, openaiResponsesUpstream),
  },
  {
    name: 'event of a stream, Messages to Responses',
    targetNs: 2_000,
    run: (iterations) => relay(iterations, [MESSAGES_START, MESSAGES_DELTA], anthropicUpstream, openaiResponsesSurface),
  },
  {
    name: 'event of a stream, Responses to Messages',
    targetNs: 2_000,
    run: (iterations) =>
      relay(iterations, [RESPONSES_START, RESPONSES_DELTA], openaiResponsesUpstream, anthropicSurface),
  },
]

function transcode(iterations: number, body: string, surface: Surface, upstream: Upstream): void {
  for (let i = 0; i < iterations; i++) {
    const request = surface.decodeRequest(surface.readEnvelope(JSON.parse(body)))
    JSON.stringify(upstream.encodeRequest(request, PROFILE).json)
  }
}

/** Streams of one start and many deltas, decoded and written anew. */
function relay(
  iterations: number,
  [start, delta]: readonly [Frame, Frame],
  upstream: Upstream,
  surface: Surface,
): void {
  const request = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(SMALL)))
  for (let done = 0; done < iterations; done += EVENTS_A_STREAM) {
    const decoder = upstream.openDecoder({ request, profile: PROFILE })
    const encoder = surface.openEncoder({ requestId: 'req_1', wallMs: 0, request })
    const events = Math.min(EVENTS_A_STREAM, iterations - done)
    for (const event of decoder.push(start)) encoder.push(event)
    for (let i = 0; i < events; i++) for (const event of decoder.push(delta)) encoder.push(event)
  }
}

const SMALL = JSON.stringify({ model: 'm', max_tokens: 10, stream: true, messages: [{ role: 'user', content: 'hi' }] })

function frame(event: string, members: object): Frame {
  return { event, data: new TextEncoder().encode(JSON.stringify({ type: event, ...members })) }
}

function agentRequest(): object {
  const tools = Array.from({ length: 25 }, (_, i) => ({
    type: 'function',
    name: `tool_${i}`,
    description: 'What the tool does, when to use it and when not. '.repeat(20),
    parameters: {
      type: 'object',
      properties: { path: { type: 'string', description: 'a path' } },
      required: ['path'],
    },
    strict: false,
  }))
  const head = { model: 'm', stream: true, store: false, instructions: 'A rule to follow. '.repeat(1_000), tools }
  const input: object[] = [message('user', 'input_text', 'Find it.')]
  for (let i = 0; JSON.stringify({ ...head, input }).length < BODY_BYTES; i++) {
    const call = { call_id: `call_${i}`, name: 'tool_1', arguments: `{"path":"/src/file-${i}.ts"}` }
    input.push(
      message('assistant', 'output_text', 'Reading.'),
      { type: 'function_call', ...call },
      { type: 'function_call_output', call_id: call.call_id, output: 'export const line = "of a file"\n'.repeat(60) },
    )
  }
  return { ...head, input }
}

function message(role: string, type: string, text: string): object {
  return { type: 'message', role, content: [{ type, text }] }
}
