import { describe, expect, test } from 'bun:test'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface, openaiResponsesUpstream } from '../../src/dialect/openai-responses/index.ts'
import { requestOf } from './openai-chat/support.ts'

/** What Claude Code asks of every model. */
const ASKED = 128_000

const LIMITS: readonly (readonly [model: string, tokens: number])[] = [
  ['gpt-4o', 16_384],
  ['openai/gpt-4o-mini', 16_384],
  ['gpt-4.1-mini', 32_768],
  ['gpt-4-turbo', 4_096],
  ['gpt-5.2-chat-latest', 16_384],
  ['gpt-5.2', ASKED],
  ['o3', 100_000],
  ['gemini-2.0-flash', 8_192],
  ['gemini-2.5-pro', 65_535],
  ['databricks-gemini-3-pro', 65_535],
  ['claude-3-5-haiku-20241022', 8_192],
  ['claude-3-7-sonnet-20250219', 64_000],
  ['claude-opus-4-20250514', 32_000],
  ['global.anthropic.claude-opus-4-1-20250805-v1:0', 32_000],
  ['claude-opus-4-5-20251101', 64_000],
  ['claude-sonnet-4@20250514', 64_000],
  ['claude-haiku-4-5', 64_000],
  ['claude-sonnet-4-6', ASKED],
  ['claude-opus-4-8', ASKED],
  ['claude-opus-5-5', ASKED],
  ['amazon.nova-pro-v1:0', 5_000],
  ['qwen3-coder', ASKED],
]

const limitIn = (json: unknown) =>
  Number(
    /"(?:max_tokens|max_completion_tokens|max_output_tokens|maxOutputTokens|maxTokens)":(\d+)/.exec(
      JSON.stringify(json),
    )?.[1],
  )

describe.each(Object.values(UPSTREAMS))('an answer of 128,000 tokens asked of a server of $id', (upstream) => {
  test.each(LIMITS)('is asked of %s as one of %p, for it refuses more than it puts out', (model, tokens) => {
    const { json } = upstream.encodeRequest(requestOf({ maxOutputTokens: ASKED }), { model, quirks: {} })

    expect(limitIn(json)).toBe(tokens)
  })

  test('is one of as many as the operator says', () => {
    const profile = { model: 'gpt-4o', quirks: { maxOutputTokensCap: 20_000 } }

    expect(limitIn(upstream.encodeRequest(requestOf({ maxOutputTokens: ASKED }), profile).json)).toBe(20_000)
  })
})

describe('a request that passes through', () => {
  const quirks = {}
  const messages = [{ role: 'user', content: 'hi' }]

  test('asks a model that stands in for another for no more than it puts out, and keeps the limit of one that was asked for', () => {
    const chat = openaiChatSurface.readEnvelope({ model: 'big', max_tokens: ASKED, messages })
    const responses = openaiResponsesSurface.readEnvelope({ model: 'big', max_output_tokens: ASKED, input: 'hi' })
    const own = openaiChatSurface.readEnvelope({ model: 'gpt-4.1', max_tokens: ASKED, messages })
    const profile = { model: 'gpt-4.1', quirks }

    expect(openaiChatUpstream.fitPassthrough(chat, profile).edits).toEqual({ model: 'gpt-4.1', max_tokens: 32_768 })
    expect(openaiResponsesUpstream.fitPassthrough(responses, profile).edits).toEqual({
      model: 'gpt-4.1',
      max_output_tokens: 32_768,
    })
    expect(openaiChatUpstream.fitPassthrough(own, profile).edits).toEqual({})
  })

  const fit = (asked: string, model: string, more: object) => {
    const envelope = anthropicSurface.readEnvelope({ model: asked, max_tokens: ASKED, messages, ...more })
    return anthropicUpstream.fitPassthrough(envelope, { model, quirks })
  }

  test('for a newer Claude is written for the older one that stands in for it', () => {
    const { edits, lost } = fit('claude-opus-5', 'claude-sonnet-4-5', {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high', format: { type: 'json_schema' } },
      context_management: { edits: [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }] },
    })

    expect(edits).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 64_000,
      thinking: undefined,
      output_config: { format: { type: 'json_schema' } },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    })
    expect(lost).toEqual(['thinking', 'reasoning_effort'])
  })

  test.each([
    ['claude-sonnet-4-6', 'xhigh', { effort: 'high' }],
    ['claude-opus-4-5', 'max', { effort: 'high' }],
    ['claude-opus-4-6', 'max', undefined],
    ['claude-opus-4-8', 'xhigh', undefined],
  ])('asks %s that stands in for a newer one for no more effort than it knows: %s', (model, effort, expected) => {
    expect(fit('claude-opus-5', model, { output_config: { effort } }).edits.output_config).toEqual(expected)
  })

  test('for an older Claude is written for the newer one that stands in for it', () => {
    const { edits, lost } = fit('claude-sonnet-4-5', 'claude-opus-4-8', {
      thinking: { type: 'enabled', budget_tokens: 4_000 },
      top_p: 0.9,
    })

    expect(edits).toEqual({ model: 'claude-opus-4-8', thinking: { type: 'adaptive' }, top_p: undefined })
    expect(lost).toEqual(['top_p'])
  })

  test('keeps a budget of thinking under the limit that was lowered', () => {
    const thinking = { type: 'enabled', budget_tokens: 100_000 }

    expect(fit('claude-opus-4-6', 'claude-haiku-4-5', { thinking }).edits).toEqual({
      model: 'claude-haiku-4-5',
      max_tokens: 64_000,
      thinking: { type: 'enabled', budget_tokens: 32_000 },
    })
  })

  test('goes on as it came to the model that was asked for, whatever a cloud calls it', () => {
    const more = { thinking: { type: 'adaptive' }, temperature: 0.5 }

    expect(fit('claude-sonnet-4-5', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', more).edits).toEqual({
      model: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    })
  })
})

describe('a budget of thinking', () => {
  const budget = { type: 'budget', budgetTokens: 100_000 } as const

  test('fits under the lower limit of another model', () => {
    const request = requestOf({ maxOutputTokens: ASKED, reasoning: budget })
    const sent = (model: string) =>
      Object(UPSTREAMS['bedrock-converse'].encodeRequest(request, { model, quirks: {} }).json)

    expect(sent('anthropic.claude-haiku-4-5').additionalModelRequestFields.thinking.budget_tokens).toBe(32_000)
  })

  test('is thinking as it sees fit before a Claude that knows no budget', () => {
    const request = requestOf({ maxOutputTokens: ASKED, reasoning: budget })

    const { json } = anthropicUpstream.encodeRequest(request, { model: 'claude-opus-4-8', quirks: {} })

    expect(json.thinking).toEqual({ type: 'adaptive' })
  })
})
