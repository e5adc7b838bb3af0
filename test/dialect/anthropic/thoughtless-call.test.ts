import { describe, expect, test } from 'bun:test'
import type { Block } from '../../../src/core/block.ts'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { UNSIGNED } from '../../../src/dialect/anthropic/thinking-signature.ts'
import { bedrockConverseUpstream } from '../../../src/dialect/bedrock-converse/index.ts'

const CLEAR = { type: 'clear_thinking_20251015', keep: 'all' }
const TRIM = { type: 'clear_tool_uses_20250919' }
const CALL = { type: 'tool_use', id: 'c1', name: 'Read', input: {} }
const RESULT = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'x' }] }
const thought = (signature: string) => ({ type: 'thinking', thinking: 'hm', signature })

/** A session whose last answer was this, and that was given a budget of thinking. */
function envelopeOf(
  answer: readonly object[],
  model: string,
  last: object = RESULT,
  edits: readonly object[] = [CLEAR],
) {
  return anthropicSurface.readEnvelope({
    model,
    max_tokens: 4_096,
    thinking: { type: 'enabled', budget_tokens: 2_048 },
    context_management: { edits },
    messages: [{ role: 'user', content: 'go' }, { role: 'assistant', content: answer }, last],
  })
}

const edit = (envelope: ReturnType<typeof envelopeOf>) => ({
  edits: anthropicUpstream.fitPassthrough(envelope, { model: envelope.model, quirks: {} }).edits,
  lost: anthropicUpstream.fitPassthrough(envelope, { model: envelope.model, quirks: {} }).lost,
})

describe('a session that comes back to Claude in the middle of calls that another model made', () => {
  const answers = [[CALL], [{ type: 'text', text: 'I look.' }, CALL], [thought(UNSIGNED), CALL]]

  test.each(answers)(
    'goes on without thinking before a Claude that insists on the thought that led there',
    (...answer) => {
      const { edits, lost } = edit(envelopeOf(answer, 'claude-sonnet-4-5'))

      expect(edits).toMatchObject({ thinking: { type: 'disabled' } })
      expect('context_management' in edits && edits.context_management === undefined).toBe(true)
      expect(lost).toEqual(['thinking'])
    },
  )

  test('has nothing but its thoughts left uncleared', () => {
    const { edits } = edit(envelopeOf([CALL], 'claude-haiku-4-5', RESULT, [CLEAR, TRIM]))

    expect(edits.context_management).toEqual({ edits: [TRIM] })
  })

  test.each<[string, readonly object[], string, object]>([
    ['Claude thought before the call', [thought('EqQB'), CALL], 'claude-sonnet-4-5', RESULT],
    ['its thought is redacted', [{ type: 'redacted_thinking', data: 'EqQB' }, CALL], 'claude-sonnet-4-5', RESULT],
    ['a person speaks next', [CALL], 'claude-sonnet-4-5', { role: 'user', content: 'on' }],
    ['a later Claude is asked', [CALL], 'claude-opus-4-6', RESULT],
    ['another vendor is', [CALL], 'glm-5', RESULT],
  ])('goes as it came where %s', (_, answer, model, last) => {
    expect(edit(envelopeOf(answer, model, last))).toEqual({ edits: {}, lost: [] })
  })

  test('goes on without thinking in Converse, too', () => {
    const asked = anthropicSurface.decodeRequest(envelopeOf([thought(UNSIGNED), CALL], 'claude-sonnet-4-5'))
    const profile = { model: 'anthropic.claude-sonnet-4-5', quirks: {} }
    const signed: Block[] = [{ type: 'thinking', text: 'hm', signature: 'EqQB' }]
    const [go, answer, result] = asked.turns

    const moved = bedrockConverseUpstream.encodeRequest(asked, profile)
    const stayed = bedrockConverseUpstream.encodeRequest(
      {
        ...asked,
        turns: [go, answer, result].flatMap((turn) =>
          turn === undefined
            ? []
            : [turn === answer ? { ...turn, blocks: [...signed, ...turn.blocks.slice(1)] } : turn],
        ),
      },
      profile,
    )

    expect(Object(moved.json.additionalModelRequestFields)).not.toHaveProperty('thinking')
    expect(moved.dropped).toContain('thinking')
    expect(Object(stayed.json.additionalModelRequestFields)).toHaveProperty('thinking')
  })
})
