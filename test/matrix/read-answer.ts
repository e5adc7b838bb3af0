import { collect } from '../../src/core/collect.ts'
import type { Decoder } from '../../src/core/dialect.ts'
import type { StreamEvent } from '../../src/core/event.ts'
import { openGrammar } from '../../src/core/grammar.ts'
import { replay } from '../../src/core/replay.ts'
import type { ChatResponse } from '../../src/core/response.ts'
import { openSseFramer } from '../../src/framing/sse-framer.ts'
import { contextOf, requestOf } from '../dialect/openai-chat/support.ts'
import type { ClientSide } from './lanes.ts'

/** What a person would see of an answer, in no dialect's words. */
export interface Seen {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  readonly usage: ChatResponse['usage']
}

/** The events that a client reads from the bytes of a stream; throws where they are not one legal stream. */
export function eventsOf(bytes: Uint8Array, { reader }: ClientSide): StreamEvent[] {
  const decoder: Decoder = reader.openDecoder(contextOf())
  const framer = openSseFramer()
  const events = framer.push(bytes).frames.flatMap((frame) => [...decoder.push(frame)])
  events.push(...decoder.end())
  const grammar = openGrammar()
  for (const event of events) {
    const wrong = grammar.check(event)
    if (wrong !== null) throw new Error(wrong)
  }
  if (!grammar.isEnded()) throw new Error('the stream has no end')
  return events
}

export function wholeAnswer(text: string, { reader }: ClientSide): ChatResponse {
  return reader.decodeResponse(JSON.parse(text), contextOf())
}

/** The answer written as a stream by the surface and read again. */
export function roundTrip(answer: ChatResponse, client: ClientSide): ChatResponse {
  const encoder = client.surface.openEncoder({ requestId: 'req_1', wallMs: 0, request: requestOf({ stream: true }) })
  const text = replay(answer)
    .map((event) => encoder.push(event))
    .join('')
  return collect(eventsOf(new TextEncoder().encode(text), client))
}

export function seenOf({ blocks, usage }: ChatResponse): Seen {
  const join = (...types: readonly string[]): string =>
    blocks.flatMap((block) => (types.includes(block.type) && 'text' in block ? [block.text] : [])).join('')
  const calls = blocks.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ id: block.id, name: block.name, input: JSON.parse(block.inputJson === '' ? '{}' : block.inputJson) }]
      : [],
  )
  return { text: join('text', 'refusal'), thinking: join('thinking'), calls, usage }
}
