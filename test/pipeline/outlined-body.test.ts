import { describe, expect, test } from 'bun:test'
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import type { Surface, Upstream } from '../../src/core/dialect.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { createOutliner } from '../../src/core/json-outline.ts'
import { JSON_DEPTH_MAX } from '../../src/core/limits.ts'
import { seal } from '../../src/core/sealed.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../src/dialect/openai-responses/index.ts'
import { withMembers } from '../../src/pipeline/edit-body.ts'
import { countMedia } from '../../src/pipeline/media.ts'
import { readRequestBody } from '../../src/pipeline/request-body.ts'
import { sessionOf } from '../../src/pipeline/session.ts'
import { RUNS } from '../arbitraries.ts'

const utf8 = new TextEncoder()
const outline = createOutliner(isUtf8)
const LONG = 'Read "src/main.ts", then say\n\twhat it imports. '.repeat(120)
const SEALED = seal('openai', ['x'.repeat(400)])

const DIALECTS: readonly (readonly [Surface, Upstream])[] = [
  [anthropicSurface, anthropicUpstream],
  [openaiChatSurface, openaiChatUpstream],
  [openaiResponsesSurface, openaiResponsesUpstream],
]

/** All that is decided about a body before it is sent as it came: facts, or the refusal's words. */
function decided(written: string, [surface, upstream]: readonly [Surface, Upstream], isOutlined: boolean) {
  try {
    const { envelope } = readRequestBody(utf8.encode(written), surface, isOutlined ? outline : null)
    const profile = { model: 'other', quirks: { dropMembers: ['top_k'] } }
    return {
      ...envelope,
      outline: null,
      edits: upstream.fitPassthrough(envelope, profile).edits,
      lost: upstream.fitPassthrough(envelope, profile).lost,
      media: countMedia(envelope.outline),
      session: sessionOf(new Headers(), envelope.json),
      tools: surface.toolsOf(envelope),
      previous: surface.chaining?.previousId(envelope) ?? null,
      json: { ...envelope.json },
    }
  } catch (thrown) {
    if (thrown instanceof ProxyError) return { kind: thrown.kind, message: thrown.message, detail: thrown.detail }
    throw thrown
  }
}

const texts = fc.constantFrom('', 'short', LONG, SEALED, 'm'.repeat(1_100), '\u0000é😀'.repeat(200))
const anything = fc.oneof(texts, fc.constantFrom<unknown>(null, true, 7, -1, {}, [], [LONG], { text: LONG }))
const block = fc.oneof(
  anything,
  fc.record(
    {
      type: fc.constantFrom<unknown>('text', 'thinking', 'image', 'input_image', 'reasoning', 'tool_result', 1, LONG),
      text: anything,
      signature: anything,
      encrypted_content: anything,
      content: fc.oneof(anything, fc.constant([{ type: 'image', source: LONG }])),
    },
    { requiredKeys: [] },
  ),
)
const turn = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        role: fc.constantFrom<unknown>('user', 'assistant', 3, LONG),
        type: fc.constantFrom<unknown>('message', 'reasoning', LONG),
        content: fc.oneof(texts, fc.array(block, { maxLength: 3 })),
        encrypted_content: texts,
      },
      { requiredKeys: ['role', 'content'] },
    ),
  },
)
const body = fc.record(
  {
    model: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('m', 'other') }, { weight: 1, arbitrary: anything }),
    messages: fc.oneof({ weight: 5, arbitrary: fc.array(turn, { maxLength: 4 }) }, { weight: 1, arbitrary: anything }),
    input: fc.oneof({ weight: 5, arbitrary: fc.array(turn, { maxLength: 4 }) }, { weight: 1, arbitrary: anything }),
    system: fc.oneof(texts, fc.array(block, { maxLength: 2 })),
    tools: fc.oneof(
      anything,
      fc.constant([{ name: 't', description: LONG, type: 'function', function: { name: 'f' } }]),
    ),
    stream: anything,
    max_tokens: fc.oneof(fc.constantFrom(1, 100), anything),
    metadata: fc.constantFrom<unknown>({ user_id: 'u'.repeat(300) }, { user_id: '{"session_id":"s"}' }, LONG),
    previous_response_id: texts,
    top_k: anything,
    rest: texts,
  },
  { requiredKeys: ['model'] },
)

describe.each(DIALECTS.map((pair) => [pair[0].id, pair] as const))('a body of %s', (_, dialect) => {
  test('is decided about alike, whether its shape was read or all of it', () => {
    fc.assert(
      fc.property(body, (json) => {
        const written = JSON.stringify({ ...json, padding: LONG })

        expect(outline(utf8.encode(written))).not.toBeNull()
        expect(decided(written, dialect, true)).toEqual(decided(written, dialect, false))
      }),
      RUNS,
    )
  })

  test('that is hostile is refused alike, and that is strange is taken alike', () => {
    const messages = '"messages":[{"role":"user","content":"hi"}],"input":[{"role":"user","content":"hi"}]'
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
    for (const members of [
      `${messages},"model":"b"`,
      `${messages},"mod\\u0065l":"b"`,
      `${messages},"stream":true,"stream":false`,
      `${messages},"system":"a","system":"b"`,
      `${messages},"x":${nested(JSON_DEPTH_MAX)}`,
      `${messages},"x":${nested(JSON_DEPTH_MAX - 1)}`,
      `${messages},"__proto__":{"stream":true}`,
      `${messages},"a":"\\x"`,
      `${messages},"a":"\ud800"`,
      `${messages},"a":"\\ud800"`,
      `${messages},"a":01`,
      messages,
    ]) {
      const written = `{"model":"a",${members},"padding":${JSON.stringify(LONG)}}`

      expect(decided(written, dialect, true)).toEqual(decided(written, dialect, false))
    }
  })
})

test('members that are set do not make anybody parse the others, and stand in the shape too', () => {
  const written = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: LONG }] })
  const body = readRequestBody(utf8.encode(written), anthropicSurface, outline)

  const { envelope: changed } = withMembers(body, { max_tokens: 5 })

  expect(Object.getOwnPropertyDescriptor(changed.json, 'messages')?.get).toBeFunction()
  expect([changed.json.max_tokens, changed.outline.max_tokens]).toEqual([5, 5])
  expect({ ...changed.json }).toEqual({ ...JSON.parse(written), max_tokens: 5 })
})
