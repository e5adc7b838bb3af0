import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Block } from '../../src/core/block.ts'
import { pairCalls } from '../../src/core/pair-calls.ts'
import type { Turn } from '../../src/core/request.ts'
import { anyRequest, RUNS } from '../arbitraries.ts'
import { EMPTY_REQUEST } from '../support/empty-request.ts'

const text = (value: string): Block => ({ type: 'text', text: value })
const call = (id: string): Block => ({ type: 'tool_use', id, name: 'run', inputJson: '{}' })
const result = (toolUseId: string): Block => ({
  type: 'tool_result',
  toolUseId,
  content: [text('done')],
  isError: false,
})
const user = (...blocks: Block[]): Turn => ({ role: 'user', blocks })
const assistant = (...blocks: Block[]): Turn => ({ role: 'assistant', blocks })
const system = (...blocks: Block[]): Turn => ({ role: 'system', blocks })

function mended(...turns: Turn[]) {
  const { request, repairs } = pairCalls({ ...EMPTY_REQUEST, turns })
  return { turns: request.turns, repairs }
}

const GOOD = [
  user(text('go')),
  assistant(text('so'), call('a'), call('b')),
  user(result('b'), result('a'), text('and')),
  assistant(call('c')),
  user(result('c')),
]

describe('a conversation whose calls and results pair', () => {
  test('stays the same object', () => {
    const request = { ...EMPTY_REQUEST, turns: GOOD }

    expect(pairCalls(request)).toEqual({ request, repairs: [] })
    expect(pairCalls(request).request).toBe(request)
  })
})

describe('a conversation that lost something', () => {
  test('has a stub for a result that nobody gave', () => {
    const { turns, repairs } = mended(user(text('go')), assistant(call('a'), call('b')), user(result('b'), text('on')))

    expect(turns[2]?.blocks.map(({ type }) => type)).toEqual(['tool_result', 'tool_result', 'text'])
    expect(turns[2]?.blocks[1]).toMatchObject({ toolUseId: 'a', isError: true })
    expect(repairs).toEqual(['tool_use.unanswered'])
  })

  test('ends with a stub where it ends with a call', () => {
    const { turns } = mended(user(text('go')), assistant(call('a')))

    expect(turns.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('tells a result whose call is gone as text, where it stood', () => {
    const { turns, repairs } = mended(user(text('go')), assistant(text('so')), user(result('gone')))

    expect(turns[2]?.blocks).toEqual([text('[result of an earlier tool call]'), text('done')])
    expect(repairs).toEqual(['tool_result.orphan'])
  })

  test('keeps the first of two calls of one answer that have one id', () => {
    const { turns, repairs } = mended(user(text('go')), assistant(call('a'), call('a')), user(result('a')))

    expect(turns[1]?.blocks).toHaveLength(1)
    expect(repairs).toEqual(['tool_use.repeated'])
  })
})

describe('a conversation with results out of place', () => {
  test('has them before what the user or the system said', () => {
    const { turns, repairs } = mended(
      user(text('go')),
      assistant(call('a')),
      system(text('note')),
      user(text('on'), result('a')),
    )

    expect(turns.slice(2)).toEqual([user(result('a')), system(text('note')), user(text('on'))])
    expect(repairs).toEqual([])
  })

  test('takes neighbouring turns of the assistant as one answer', () => {
    const turns = [user(text('go')), assistant(call('a')), assistant(call('b')), user(result('a'), result('b'))]

    expect(mended(...turns)).toEqual({ turns, repairs: [] })
  })
})

test('an id that a later answer uses again is another one there, for call and result', () => {
  const again = [assistant(call('a')), user(result('a'))]

  const { turns, repairs } = mended(user(text('go')), ...again, ...again, ...again)

  const ids = turns.flatMap(({ blocks }) =>
    blocks.flatMap((block) =>
      block.type === 'tool_use' ? [block.id] : block.type === 'tool_result' ? [block.toolUseId] : [],
    ),
  )
  expect(ids).toEqual(['a', 'a', 'again_1_a', 'again_1_a', 'again_2_a', 'again_2_a'])
  expect(repairs).toEqual([])
})

describe('whatever the conversation', () => {
  test('what was mended needs no more of it', () => {
    fc.assert(
      fc.property(anyRequest('openai-chat'), (request) => {
        const once = pairCalls(request).request

        expect(pairCalls(once)).toEqual({ request: once, repairs: [] })
      }),
      RUNS,
    )
  })

  test('what comes later changes nothing before the last answer', () => {
    fc.assert(
      fc.property(anyRequest('openai-chat'), (request) => {
        const whole = pairCalls(request).request.turns
        const last = request.turns.findLastIndex(({ role }) => role === 'assistant')
        const before = pairCalls({ ...request, turns: request.turns.slice(0, Math.max(0, last)) }).request.turns

        if (request.turns[last - 1]?.role === 'assistant') return
        expect(whole.slice(0, before.length)).toEqual([...before])
      }),
      RUNS,
    )
  })
})
