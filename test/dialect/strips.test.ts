import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { applyStrips, betasLeft } from '../../src/dialect/strips/apply-strips.ts'
import { refusedStrips } from '../../src/dialect/strips/refused-strips.ts'
import { STRIP_NAMES, STRIPS, stripsNamed } from '../../src/dialect/strips/strip-table.ts'

const BETAS = [
  'mid-conversation-tool-changes-2026-07-01',
  'context-management-2025-06-27',
  'per-turn-control-2026-07-01',
  'advanced-tool-use-2025-11-20',
  'effort-2025-11-24',
]
const BODY = {
  model: 'm',
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', scope: 'global' } }],
  messages: [
    { role: 'user', content: 'store: extra inputs are not permitted' },
    { role: 'system', content: 'x', output_config: { effort: 'low' } },
    {
      role: 'system',
      content: [
        { type: 'text', text: 'now' },
        { type: 'tool_addition', tool_name: 'a' },
      ],
    },
    { role: 'system', content: [{ type: 'tool_removal', tool_name: 'a' }] },
  ],
  tools: [
    { name: 'a', input_schema: {}, defer_loading: true },
    { name: 'b', input_schema: {} },
  ],
  context_management: { edits: [] },
  output_config: { effort: 'medium' },
  thinking: { type: 'adaptive', display: 'updates' },
  store: false,
  outputConfig: { textFormat: { type: 'json_schema' } },
}

const refused = (message: string, json: object = BODY, betas: readonly string[] = BETAS) =>
  refusedStrips(message, { json: { ...json }, betas }).map(({ name }) => name)

describe('a refusal names', () => {
  test.each([
    ['context_management: Extra inputs are not permitted', ['context_management']],
    ['body.context_management: Extra inputs are not permitted', ['context_management']],
    ['tools.0.custom.defer_loading: Extra inputs are not permitted', ['advanced_tool_use']],
    ['tools[0].defer_loading is not supported', ['advanced_tool_use']],
    ['messages.1.output_config: Extra inputs are not permitted', ['messages.output_config']],
    ['output_config: Extra inputs are not permitted', ['output_config']],
    ['output_config.effort: Extra inputs are not permitted', ['output_config']],
    ['thinking.adaptive.display: unknown; thinking.display: Extra inputs are not permitted', ['thinking.display']],
    [
      "messages.2.content.1: Input tag 'tool_addition' found using 'type' does not match any of the expected tags",
      ['tool_changes'],
    ],
    [
      'Unexpected value(s) `mid-conversation-tool-changes-2026-07-01` for the `anthropic-beta` header',
      ['tool_changes'],
    ],
    ["This model doesn't support the outputConfig field. Remove outputConfig and try again.", ['response_format']],
    ['system.0.cache_control.scope: Extra inputs are not permitted', ['cache_control.scope']],
    ["Unknown parameter: 'store'.", ['store']],
    ['Unrecognized request argument supplied: store', ['store']],
    ['json: unknown field "store"', ['store']],
    ["Additional properties are not allowed ('store' was unexpected)", ['store']],
    ['Unexpected value(s) `per-turn-control-2026-07-01` for the `anthropic-beta` header', ['messages.output_config']],
    ['store: not supported, context_management: not supported', ['context_management', 'store']],
  ])('%s → %p', (message, expected) => {
    expect(refused(message)).toEqual([...expected])
  })

  test.each([
    ['prompt is too long: 5 tokens > 4 maximum'],
    ['messages.0.content: unexpected content in the store of the user'],
    ['max_tokens: 5 is not supported'],
    ['model: Extra inputs are not permitted'],
    ['messages: Extra inputs are not permitted'],
    ['context_management must be an object'],
    ['the user is not permitted to use this model'],
    [''],
  ])('nothing that can be left out in %p', (message) => {
    expect(refused(message)).toEqual([])
  })

  test('nothing that the request does not have', () => {
    expect(refused("Unknown parameter: 'prompt_cache_key'.")).toEqual([])
    expect(refused('context_management: Extra inputs are not permitted', { model: 'm' }, [])).toEqual([])
  })
})

describe('leaving features out', () => {
  test('takes members out wherever they stand, and leaves the rest as it is', () => {
    const before = structuredClone(BODY)

    const { edits, names } = applyStrips(
      BODY,
      [],
      stripsNamed(['advanced_tool_use', 'context_management', 'messages.output_config']),
    )

    expect(edits).toEqual({
      tools: [{ name: 'a', input_schema: {} }, BODY.tools[1]],
      context_management: undefined,
      messages: [BODY.messages[0], { role: 'system', content: 'x' }, BODY.messages[2], BODY.messages[3]],
    })
    expect(names.toSorted()).toEqual(['advanced_tool_use', 'context_management', 'messages.output_config'])
    expect(BODY).toEqual(before)
  })

  test('takes blocks out of system messages, and a message with them of which nothing is left', () => {
    const strips = stripsNamed(['tool_changes'])

    const { edits, names } = applyStrips(BODY, [], strips)

    const left = { role: 'system', content: [{ type: 'text', text: 'now' }] }
    expect(edits).toEqual({ messages: [BODY.messages[0], BODY.messages[1], left] })
    expect(names).toEqual(['tool_changes'])
    expect(betasLeft(BETAS.join(','), strips)).not.toContain('tool-changes')
  })

  test('takes the betas along, from header and body', () => {
    const strips = stripsNamed(['context_management'])
    const json = { anthropic_beta: ['context-management-2025-06-27', 'x'] }

    expect(betasLeft('a-1, context-management-2025-06-27,b', strips)).toBe('a-1,b')
    expect(betasLeft('context-management-2025-06-27', strips)).toBeNull()
    expect(applyStrips(json, [], strips)).toEqual({ edits: { anthropic_beta: ['x'] }, names: ['context_management'] })
    expect(applyStrips({}, BETAS, strips).names).toEqual(['context_management'])
  })

  test('twice is the same as once, of any body; and nothing of it is left that would be named again', () => {
    const anyObject = fc.object({
      key: fc.constantFrom(...Object.keys(BODY), 'scope', 'cache_control', 'content', 'strict', '__proto__'),
    })
    // As a parser gives it: without NaN, which is never the same as itself.
    const anyBody = anyObject.map((object): object => JSON.parse(JSON.stringify(object)))
    fc.assert(
      fc.property(anyBody, fc.subarray([...STRIP_NAMES]), (extra, names) => {
        const body = { ...BODY, ...extra }
        const { edits } = applyStrips(body, [], stripsNamed(names))
        const once = Object.fromEntries(
          Object.entries({ ...body, ...edits }).filter(([, value]) => value !== undefined),
        )

        expect(applyStrips(once, [], stripsNamed(names))).toEqual({ edits: {}, names: [] })
      }),
    )
  })

  test('keeps a growing conversation the same from its beginning', () => {
    const grown = { ...BODY, messages: [...BODY.messages, { role: 'user', content: 'more', output_config: {} }] }
    const textOf = (json: object) => JSON.stringify(applyStrips({ ...json }, [], STRIPS).edits.messages)

    expect(textOf(grown)).toStartWith(textOf(BODY).slice(0, -1))
  })
})

test.each([
  "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]",
  'body.messages.1.assistant.reasoning_content: Extra inputs are not permitted',
  "Extra inputs are not permitted, field: 'messages[1].reasoning_content'",
  "Unknown parameter: 'messages[1].reasoning_content'.",
])('reasoning that a client hands back to a Chat server that takes none is left out: %s', (message) => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'ho', reasoning_content: 'hm', reasoning_details: [{ type: 'reasoning.text' }] },
  ]

  expect(refused(message, { messages }, [])).toEqual(['messages.reasoning'])
  expect(applyStrips({ messages }, [], stripsNamed(['messages.reasoning'])).edits.messages).toEqual([
    messages[0],
    { role: 'assistant', content: 'ho' },
  ])
})

test.each([
  'The encrypted content for item rs_0d could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
  'The encrypted content gAAA...WA== could not be verified.',
  'Could not decrypt the provided encrypted_content. Ensure the value is the unmodified encrypted_content.',
  'reasoning encrypted_content was not issued to this caller',
])('reasoning that another account sealed is left out of a Responses conversation: %s', (message) => {
  const said = { type: 'message', role: 'user', content: 'hi' }
  const input = [{ type: 'reasoning', id: 'rs_0d', encrypted_content: 'gAAA' }, said]

  expect(refused(message, { input }, [])).toEqual(['reasoning.encrypted_content'])
  expect(applyStrips({ input }, [], stripsNamed(['reasoning.encrypted_content'])).edits).toEqual({ input: [said] })
})

test('a model that does not reason is asked for no effort, no summary, and nothing sealed', () => {
  const include = ['reasoning.encrypted_content', 'web_search_call.action.sources']
  const json = { include, reasoning: { effort: 'high', summary: 'auto' } }
  const effort = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
  const summary = "Unsupported parameter: 'reasoning.summary' is not supported with the 'gpt-5.3-codex-spark' model."
  const leftOf = (name: string) => applyStrips(json, [], stripsNamed([name])).edits

  expect(refused(effort, json, [])).toEqual(['reasoning_effort'])
  expect(refused(summary, json, [])).toEqual(['reasoning.summary'])
  expect(refused('Encrypted content is not supported with this model.', json, [])).toEqual([
    'include.encrypted_content',
  ])
  expect(leftOf('reasoning_effort')).toEqual({ reasoning: { summary: 'auto' } })
  expect(leftOf('reasoning.summary')).toEqual({ reasoning: { effort: 'high' } })
  expect(leftOf('include.encrypted_content')).toEqual({ include: ['web_search_call.action.sources'] })
})

test('reasoning that a server cannot decrypt is asked for again in the answer', () => {
  const json = { include: ['reasoning.encrypted_content'], input: [{ type: 'reasoning', encrypted_content: 'gAAA' }] }

  expect(refused('The encrypted content gAAA...WA== could not be verified.', json, [])).toEqual([
    'reasoning.encrypted_content',
  ])
})

test('a member that loses all it holds goes with it', () => {
  const json = { include: ['reasoning.encrypted_content'], reasoning: { effort: 'high' } }
  const strips = stripsNamed(['include.encrypted_content', 'reasoning_effort'])

  expect(applyStrips(json, [], strips).edits).toStrictEqual({ include: undefined, reasoning: undefined })
})
