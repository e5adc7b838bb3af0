import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { OutputBlock } from '../../../src/core/block.ts'
import { collect } from '../../../src/core/collect.ts'
import { openGuard } from '../../../src/core/guard.ts'
import { replay } from '../../../src/core/replay.ts'
import type { ChatResponse } from '../../../src/core/response.ts'
import { openFreeTextScan } from '../../../src/dialect/openai-responses/free-text-scan.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { anyEvent, anyOutputBlock, anyText, anyUsage, RUNS } from '../../arbitraries.ts'
import { contextOf, decode, decodeWire, encode, encodeStream, optionsOf } from './support.ts'
import { checkWire, wireEvents } from './wire-grammar.ts'

/** What every client of this dialect can be told: no member that only another dialect has. */
const anyAnswer: fc.Arbitrary<ChatResponse> = fc.record({
  id: fc.constantFrom('', 'resp_1', 'msg_1'),
  model: fc.constant('gpt-5.5'),
  blocks: fc.array(anyOutputBlock('openai-responses').map(plain), { maxLength: 5 }),
  reason: fc.constantFrom({ kind: 'end_turn' } as const, { kind: 'max_tokens' } as const),
  usage: anyUsage.map((usage) => ({ ...usage, cacheWrite1hTokens: 0 })),
})

/** Empty text is no content here, an empty argument is an empty object, and an opaque block is an item. */
function plain(block: OutputBlock): OutputBlock {
  if (block.type === 'text') return { type: 'text', text: block.text || 'x' }
  if (block.type === 'tool_use') return { ...block, inputJson: block.inputJson || '{}' }
  if (block.type === 'thinking') return { ...block, text: block.text || 'x' }
  return block.type === 'opaque' ? { ...block, payload: { type: 'x_item', id: 'item_1' }, deltas: [] } : block
}

function seen({ blocks, usage, reason }: ChatResponse): unknown {
  const hasCalls = blocks.some((block) => block.type === 'tool_use')
  return { blocks, usage, reason: hasCalls && reason.kind === 'end_turn' ? { kind: 'tool_use' } : reason }
}

describe('the laws of the Responses dialect', () => {
  test('a stream that was encoded is legal, and is decoded to the same answer, wherever its bytes are split', () => {
    fc.assert(
      fc.property(anyAnswer, fc.nat(), (answer, cut) => {
        const wire = encodeStream(replay(answer))

        checkWire(wireEvents(wire))
        expect(seen(collect(decodeWire(wire, cut)))).toEqual(seen(answer))
      }),
      RUNS,
    )
  })

  test('a whole answer that was encoded is decoded as it was, and is what the stream ends in', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const whole = JSON.parse(JSON.stringify(openaiResponsesSurface.encodeResponse(answer, optionsOf())))

        expect(seen(openaiResponsesUpstream.decodeResponse(whole, contextOf()))).toEqual(seen(answer))
        expect(wireEvents(encodeStream(replay(answer))).at(-1)?.response).toEqual(whole)
      }),
      RUNS,
    )
  })

  test('whatever a guarded stream holds, what is written is legal', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        const guard = openGuard(() => undefined)
        const cut = { type: 'error', kind: 'stream_interrupted', message: 'cut' } as const
        const legal = [...events, cut].flatMap((event) => guard.push(event))

        const wire = encodeStream(legal)

        if (legal.some(({ type }) => type === 'start')) checkWire(wireEvents(wire))
      }),
      RUNS,
    )
  })

  test('a request that was encoded is decoded as it was', () => {
    fc.assert(
      fc.property(anyConversation, (body) => {
        const asked = decode(body)

        const { json, dropped } = encode(asked)

        expect(dropped).toEqual([])
        expect(decode(json)).toEqual({ ...asked, model: 'gpt-5.5' })
      }),
      RUNS,
    )
  })

  test('free text comes out of its JSON as it went in, however that is cut', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(12), { maxLength: 30 }), (text, cuts) => {
        const scan = openFreeTextScan()
        let json = JSON.stringify({ input: text })
        let out = ''
        for (const cut of cuts) {
          out += scan.push(json.slice(0, cut))
          json = json.slice(cut)
        }

        expect(out + scan.push(json)).toBe(text)
      }),
      RUNS,
    )
  })
})

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)

const exchange = fc
  .record({ asked: words, thought: words, said: words, patch: words, path: words, result: words })
  .map(({ asked, thought, said, patch, path, result }) => (n: number) => [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: asked }] },
    { type: 'reasoning', id: `rs_${n}`, summary: [{ type: 'summary_text', text: thought }], encrypted_content: 'gAAA' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: said }] },
    { type: 'function_call', call_id: `call_${n}`, name: 'read', arguments: JSON.stringify({ path }) },
    { type: 'custom_tool_call', call_id: `patch_${n}`, name: 'apply_patch', input: patch },
    { type: 'function_call', call_id: `spawn_${n}`, namespace: 'agents', name: 'spawn', arguments: '{}' },
    { type: 'function_call_output', call_id: `call_${n}`, output: result },
    { type: 'custom_tool_call_output', call_id: `patch_${n}`, output: result },
    { type: 'function_call_output', call_id: `spawn_${n}`, output: result },
  ])

const anyConversation = fc
  .record({
    instructions: words,
    exchanges: fc.array(exchange, { maxLength: 3 }),
    last: words,
    effort: fc.constantFrom('low', 'medium', 'high'),
    extra: name,
  })
  .map(({ instructions, exchanges, last, effort, extra }) => ({
    model: 'gpt-5.5',
    stream: true,
    instructions,
    input: [
      ...exchanges.flatMap((make, n) => make(n)),
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: last }] },
    ],
    tools: [
      {
        type: 'function',
        name: 'read',
        description: 'reads',
        parameters: { type: 'object', properties: {} },
        strict: false,
      },
      { type: 'custom', name: 'apply_patch', description: 'patches', format: GRAMMAR },
      {
        type: 'namespace',
        name: 'agents',
        description: 'other agents',
        tools: [
          {
            type: 'function',
            name: 'spawn',
            description: extra,
            parameters: { type: 'object', properties: {} },
            strict: false,
          },
        ],
      },
      { type: 'web_search', external_web_access: false },
    ],
    tool_choice: 'auto',
    reasoning: { effort, summary: 'auto' },
    text: { verbosity: 'low' },
    include: ['reasoning.encrypted_content'],
    store: false,
  }))

const GRAMMAR = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' }
