import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Block } from '../../src/core/block.ts'
import { originateCacheMarks } from '../../src/core/cache-marks.ts'
import type { Upstream } from '../../src/core/dialect.ts'
import type { ChatRequest, Tool, Turn } from '../../src/core/request.ts'
import { anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../../src/dialect/bedrock-converse/index.ts'
import { anyRequest, RUNS } from '../arbitraries.ts'
import { EMPTY_REQUEST } from '../support/empty-request.ts'

const EVERYWHERE = { tools: true, results: true }
const originateHere = (request: ChatRequest): ChatRequest => originateCacheMarks(request, EVERYWHERE)
const LONG = 'x'.repeat(5_000)
const user = (...blocks: Block[]): Turn => ({ role: 'user', blocks })
const assistant = (...blocks: Block[]): Turn => ({ role: 'assistant', blocks })
const text = (value: string): Block => ({ type: 'text', text: value })
const result = (id: string): Block => ({
  type: 'tool_result',
  toolUseId: id,
  content: [{ type: 'text', text: id }],
  isError: false,
})
const call = (id: string): Block => ({ type: 'tool_use', id, name: 'run', inputJson: '{}' })
const TOOL: Tool = { type: 'function', name: 'run', parameters: { type: 'object' } }
const AGENT: ChatRequest = {
  ...EMPTY_REQUEST,
  system: [{ type: 'text', text: LONG }],
  tools: [TOOL, { ...TOOL, name: 'last' }],
  turns: [user(text('hi'))],
}

const wireOf = (request: ChatRequest) => anthropicUpstream.encodeRequest(request, { model: 'm', quirks: {} }).json
const withoutMarks = (json: unknown): string =>
  JSON.stringify(json, (key, value) => (key === 'cache_control' ? undefined : value))
const marksIn = (json: unknown): number => JSON.stringify(json).split('"cache_control"').length - 1

/** Where marks stand: `turns.2.0`. */
function placesOf({ tools, system, turns }: ChatRequest): string[] {
  const marked = (items: readonly (Block | Tool)[], name: string): string[] =>
    items.flatMap((item, i) => ('cache' in item && item.cache !== undefined ? [`${name}.${i}`] : []))
  return [
    ...marked(tools, 'tools'),
    ...marked(system, 'system'),
    ...turns.flatMap(({ blocks }, i) => marked(blocks, `turns.${i}`)),
  ]
}

describe('the marks of a prompt', () => {
  test('stand at the end of tools, system and the last two turns of the user', () => {
    const turns = [
      user(text('a')),
      assistant(call('1')),
      user(result('1'), text('b')),
      assistant(text('c')),
      user(text('d')),
    ]

    expect(placesOf(originateHere({ ...AGENT, turns }))).toEqual(['tools.1', 'system.0', 'turns.2.1', 'turns.4.0'])
  })

  test.each([
    ['a short prompt', { ...AGENT, system: [{ type: 'text', text: 'short' }] } satisfies ChatRequest],
    ['a single question without tools', { ...AGENT, tools: [] } satisfies ChatRequest],
    [
      'a prompt that has a mark already',
      { ...AGENT, turns: [user({ type: 'text', text: 'x', cache: { ttl: '1h' } })] } satisfies ChatRequest,
    ],
  ])('are left out of %s', (_, request) => {
    expect(originateHere(request)).toBe(request)
  })

  test('pass over what cannot carry one', () => {
    const turns = [user(text('a'), { type: 'thinking', text: 't', signature: 's' }, text(''))]

    expect(placesOf(originateHere({ ...AGENT, turns }))).toContain('turns.0.0')
  })

  test('are at most four, and change nothing else, in any request', () => {
    fc.assert(
      fc.property(anyRequest('openai-chat'), (request) => {
        const marked = originateHere({ ...request, system: [...request.system, { type: 'text', text: LONG }] })
        const plain = { ...request, system: [...request.system, { type: 'text' as const, text: LONG }] }
        const had = placesOf(plain).length

        expect(placesOf(marked).length).toBeLessThanOrEqual(Math.max(had, 4))
        expect(withoutMarks(wireOf(marked))).toBe(withoutMarks(wireOf(had === 0 ? plain : marked)))
      }),
      RUNS,
    )
  })
})

/** A conversation as an agent makes it: questions, calls, results. */
const conversation = fc
  .array(fc.constantFrom('talk', 'call', 'calls'), { minLength: 2, maxLength: 12 })
  .map((steps): Turn[] => [user(text('begin')), ...steps.flatMap(turnsOf)])

function turnsOf(step: string, i: number): readonly Turn[] {
  if (step === 'talk') return [assistant(text(`answer ${i}`)), user(text(`question ${i}`))]
  const ids = step === 'call' ? [`c${i}`] : [`c${i}a`, `c${i}b`]
  return [assistant(...ids.map(call)), user(...ids.map(result))]
}

interface Marking {
  readonly name: string
  readonly model: string
  readonly upstream: Upstream
  readonly mark: string
}

const MARKINGS: readonly Marking[] = [
  { name: 'Anthropic', model: 'm', upstream: anthropicUpstream, mark: 'cache_control' },
  { name: 'Claude by Converse', model: 'anthropic.claude-x', upstream: bedrockConverseUpstream, mark: 'cachePoint' },
  { name: 'Nova by Converse', model: 'us.amazon.nova-pro-v1:0', upstream: bedrockConverseUpstream, mark: 'cachePoint' },
]

describe.each(MARKINGS)('before $name, a conversation that grows', ({ model, upstream, mark }) => {
  const profile = { model, quirks: {} }
  const places = upstream.cacheMarkPlaces?.(profile) ?? EVERYWHERE
  const markedAt = (turns: readonly Turn[], length: number) =>
    upstream.encodeRequest(originateCacheMarks({ ...AGENT, turns: turns.slice(0, length) }, places), profile)
  /** A mark is a member of what it stands on, or an element behind it. */
  const plain = (json: unknown): string =>
    JSON.stringify(json, (key, value) => {
      if (key === mark) return undefined
      return Array.isArray(value) ? value.filter((one) => one?.cachePoint === undefined) : value
    })

  test('keeps its beginning byte by byte, marks apart', () => {
    fc.assert(
      fc.property(conversation, (turns) => {
        for (let length = 1; length + 2 <= turns.length; length += 2) {
          const { messages: before, ...head } = markedAt(turns, length).json
          const { messages: after, ...laterHead } = markedAt(turns, length + 2).json

          expect(plain(after)).toStartWith(plain(before).slice(0, -1))
          expect(JSON.stringify(laterHead)).toBe(JSON.stringify(head))
        }
      }),
      RUNS,
    )
  })

  test('has one to four marks, and loses none of them', () => {
    fc.assert(
      fc.property(conversation, (turns) => {
        const { json, dropped } = markedAt(turns, turns.length)
        const marks = JSON.stringify(json).split(`"${mark}"`).length - 1

        expect(marks).toBeGreaterThanOrEqual(1)
        expect(marks).toBeLessThanOrEqual(4)
        expect(dropped).toEqual([])
      }),
      RUNS,
    )
  })
})

describe('a conversation that grows', () => {
  const requestAt = (turns: readonly Turn[], length: number): ChatRequest =>
    originateHere({ ...AGENT, turns: turns.slice(0, length) })

  test('still has the mark that wrote the cache when it is to be read', () => {
    fc.assert(
      fc.property(conversation, (turns) => {
        for (let length = 1; length + 2 <= turns.length; length += 2) {
          const written = placesOf(requestAt(turns, length)).at(-1) ?? ''

          expect(placesOf(requestAt(turns, length + 2))).toContain(written)
        }
      }),
      RUNS,
    )
  })

  test('is the same bytes when it is sent again', () => {
    fc.assert(
      fc.property(conversation, (turns) => {
        expect(JSON.stringify(wireOf(requestAt(turns, turns.length)))).toBe(
          JSON.stringify(wireOf(requestAt(structuredClone(turns), turns.length))),
        )
        expect(marksIn(wireOf(requestAt(turns, turns.length)))).toBeLessThanOrEqual(4)
      }),
      RUNS,
    )
  })
})
