import type { DecodeContext, Frame, Quirks } from '../../../src/core/dialect.ts'
import type { StreamEvent } from '../../../src/core/event.ts'
import { pairCalls } from '../../../src/core/pair-calls.ts'
import type { ChatRequest } from '../../../src/core/request.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'
import { assertGrammatical } from '../openai-chat/support.ts'

type Json = Readonly<Record<string, unknown>>

/** A body as a client would send it, decoded. */
export function decode(json: unknown): ChatRequest {
  return openaiResponsesSurface.decodeRequest(openaiResponsesSurface.readEnvelope(json))
}

export function encode(request: ChatRequest, quirks: Quirks = {}, model = 'gpt-5.5') {
  const { json, dropped } = openaiResponsesUpstream.encodeRequest(pairCalls(request).request, { model, quirks })
  // Through text and back: what counts is what the wire sees.
  return { json: JSON.parse(JSON.stringify(json)), dropped }
}

export function contextOf(request: ChatRequest = EMPTY_REQUEST): DecodeContext {
  return { request, profile: { model: 'gpt-5.5', quirks: {} } }
}

export function optionsOf(request: ChatRequest = EMPTY_REQUEST) {
  return { requestId: 'req_1', wallMs: 1_000, request }
}

export function encodeStream(events: readonly StreamEvent[], request: ChatRequest = EMPTY_REQUEST): string {
  const encoder = openaiResponsesSurface.openEncoder(optionsOf(request))
  return events.map((event) => encoder.push(event)).join('')
}

export function frame(event: Json): Frame {
  return { event: String(event.type), data: new TextEncoder().encode(JSON.stringify(event)) }
}

/** Decodes a whole stream of events, proving on the way that what comes out is grammatical. */
export function decodeEvents(events: readonly Json[], request: ChatRequest = EMPTY_REQUEST): StreamEvent[] {
  const decoder = openaiResponsesUpstream.openDecoder(contextOf(request))
  const decoded = [...events.flatMap((event) => decoder.push(frame(event))), ...decoder.end()]
  assertGrammatical(decoded)
  return decoded
}

/** Decodes wire text that comes in two pieces. */
export function decodeWire(wire: string, cut = 0, request: ChatRequest = EMPTY_REQUEST): StreamEvent[] {
  const framer = openSseFramer()
  const decoder = openaiResponsesUpstream.openDecoder(contextOf(request))
  const bytes = new TextEncoder().encode(wire)
  const at = cut % (bytes.length + 1)
  const frames = [bytes.slice(0, at), bytes.slice(at)].flatMap((chunk) => framer.push(chunk).frames)
  const events = [...frames.flatMap((one) => decoder.push(one)), ...decoder.end()]
  assertGrammatical(events)
  return events
}
