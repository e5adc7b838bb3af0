import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { collect } from '../../../src/core/collect.ts'
import type { StreamEvent } from '../../../src/core/event.ts'
import { openGrammar } from '../../../src/core/grammar.ts'
import { replay } from '../../../src/core/replay.ts'
import { shortHash } from '../../../src/core/short-hash.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { placeTurns } from '../../../src/dialect/anthropic/place-turns.ts'
import { openSseFramer } from '../../../src/framing/sse-framer.ts'
import { anyRequest, anyResponse, RUNS } from '../../arbitraries.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'

const utf8 = new TextEncoder()
const request = EMPTY_REQUEST
/** Behind which nothing is an answer to go on with, of which the end is trimmed. */
const LAST = { role: 'user', blocks: [{ type: 'text', text: 'on' }] } as const
const options = { requestId: 'req_1', wallMs: 0, request }
const context = { request, profile: { model: 'claude-sonnet-5-5', quirks: {} } }

function encode(events: readonly StreamEvent[]): string {
  const encoder = anthropicSurface.openEncoder(options)
  return events.map((event) => encoder.push(event)).join('')
}

function decode(wire: string, cut: number): StreamEvent[] {
  const framer = openSseFramer()
  const decoder = anthropicUpstream.openDecoder(context)
  const bytes = utf8.encode(wire)
  const at = cut % (bytes.length + 1)
  const frames = [bytes.slice(0, at), bytes.slice(at)].flatMap((chunk) => framer.push(chunk).frames)
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]
}

describe('the laws of the Messages dialect', () => {
  test('a request that was decoded is encoded as it was', () => {
    fc.assert(
      fc.property(anyRequest('anthropic'), (any) => {
        // No client asks for what the API refuses: a choice of nothing, thinking beside a forced call, a budget of it, more than there is, a user's address.
        const thinks = any.reasoning.type === 'adaptive' || any.reasoning.type === 'budget'
        const nothing = any.tools.length === 0 && ({ toolChoice: { type: 'unset' }, parallelToolCalls: true } as const)
        const choice = { ...(thinks && ({ toolChoice: { type: 'auto' } } as const)), ...nothing }
        const { model } = context.profile
        const tools = any.tools.map((tool) => {
          const { strict, ...others } = { strict: undefined, ...tool }
          return strict === false ? others : tool
        })
        const { effort, opaque } = any.reasoning
        const adaptive = { type: 'adaptive', ...(effort && { effort }), ...(opaque && { opaque }) } as const
        const reasoning = any.reasoning.type === 'budget' ? adaptive : any.reasoning
        const maxOutputTokens = Math.min(any.maxOutputTokens ?? 0, 128_000)
        const turns = placeTurns([...any.turns, LAST], model)
        const user = any.userId !== undefined && { userId: shortHash(any.userId) }
        const asked = { ...any, model, tools, turns, reasoning, maxOutputTokens, ...choice, ...user }
        const profile = { model: asked.model, quirks: {} }
        const { json, dropped } = anthropicUpstream.encodeRequest(asked, profile)

        const again = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(JSON.stringify(json))))

        expect(dropped).toEqual([])
        expect(again).toEqual(asked)
      }),
      RUNS,
    )
  })

  test('a stream that was encoded is decoded to the same events, wherever its bytes are split', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), fc.nat(), (response, cut) => {
        const events = replay(response)

        const again = decode(encode(events), cut)

        expect(again).toEqual(events)
      }),
      RUNS,
    )
  })

  test('what is decoded is grammatical', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), fc.nat(), (response, cut) => {
        const grammar = openGrammar()

        const wrong = decode(encode(replay(response)), cut).map((event) => grammar.check(event))

        expect(wrong.filter((one) => one !== null)).toEqual([])
        expect(grammar.isEnded()).toBe(true)
      }),
      RUNS,
    )
  })

  test('a stream cut anywhere ends in an error or was complete', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), fc.nat(), (response, cut) => {
        const wire = encode(replay(response))

        const last = decode(wire.slice(0, cut % wire.length), 0).at(-1)

        expect(['error', 'finish']).toContain(last?.type ?? '')
        if (last?.type === 'error') expect(last.kind).toBe('stream_interrupted')
      }),
      RUNS,
    )
  })

  test('a whole answer is the folded stream', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), (response) => {
        const whole = anthropicSurface.encodeResponse(response, options)
        const streamed = anthropicSurface.encodeResponse(collect(decode(encode(replay(response)), 0)), options)

        expect(streamed).toEqual(whole)
      }),
      RUNS,
    )
  })

  test('a whole answer that was encoded is decoded as it was', () => {
    fc.assert(
      fc.property(anyResponse('anthropic'), (response) => {
        const wire = anthropicSurface.encodeResponse(response, options)

        const again = anthropicUpstream.decodeResponse(JSON.parse(JSON.stringify(wire)), context)

        expect(anthropicSurface.encodeResponse(again, options)).toEqual(wire)
      }),
      RUNS,
    )
  })
})
