import fc from 'fast-check'
import type { Block, CacheMark, MediaSource, OutputBlock, TextBlock } from '../src/core/block.ts'
import type { DialectId } from '../src/core/dialect.ts'
import { ERROR_TRAITS, type ErrorKind } from '../src/core/errors.ts'
import type { BlockDelta, FinishReason, StreamEvent } from '../src/core/event.ts'
import type { Opaque } from '../src/core/opaque.ts'
import type { ChatRequest, Reasoning, Tool, Turn } from '../src/core/request.ts'
import type { ChatResponse } from '../src/core/response.ts'
import type { Usage } from '../src/core/usage.ts'

/** Cases per property: enough to find most faults in a second; `LYNKR_TEST_FULL=1` looks longer. */
export const RUNS = { numRuns: process.env.LYNKR_TEST_FULL === '1' ? 10_000 : 200 }

/** Text of any characters a JSON string can carry through UTF-8: no lone surrogates. */
export const anyText = fc.string({ unit: 'binary' })
const someText = fc.string({ unit: 'binary', minLength: 1 })
/** Text that is more than blank: other text is left out before servers that refuse it. */
const saidText = someText.filter((text) => text.trim() !== '')
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/)
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
const jsonObject = fc.dictionary(name, json, { maxKeys: 3 })
/** JSON text of a non-empty object: the argument of a tool call, or `''` for none. */
export const inputJson = jsonObject.map((value) => (Object.keys(value).length === 0 ? '' : JSON.stringify(value)))

/** Members that no dialect knows. */
export function anyOpaque(dialect: DialectId): fc.Arbitrary<Opaque> {
  return fc
    .dictionary(
      name.map((key) => `x_${key}`),
      json,
      { minKeys: 1, maxKeys: 2 },
    )
    .map((members) => ({ dialect, members }))
}

function maybe<K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<K, T>>> {
  // A record of one optional key; computed keys lose their type.
  return fc.option(value, { nil: undefined }).map((v) => (v === undefined ? {} : { [key]: v }) as Partial<Record<K, T>>)
}

function merged<A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> {
  return fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }))
}

/** Disjoint counts; a stream reports output last, so that no report is empty. */
export const anyUsage: fc.Arbitrary<Usage> = fc
  .tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), fc.nat(1e6))
  .map(([inputTokens, cacheReadTokens, write5m, cacheWrite1hTokens, outputTokens, reasoning]) => ({
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens: write5m + cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens,
    reasoningTokens: Math.min(reasoning, outputTokens),
  }))

export function anyReason(dialect: DialectId): fc.Arbitrary<FinishReason> {
  return fc.oneof(
    fc
      .constantFrom('end_turn', 'max_tokens', 'tool_use', 'pause_turn', 'refusal', 'context_exceeded')
      .map((kind): FinishReason => ({ kind })),
    fc.option(anyText).map((sequence): FinishReason => ({ kind: 'stop_sequence', sequence })),
    name.map((reason): FinishReason => ({ kind: 'unknown', dialect, reason: `x_${reason}` })),
  )
}

function opaqueBlock(
  dialect: DialectId,
  deltas: fc.Arbitrary<unknown[]>,
): fc.Arbitrary<OutputBlock & { type: 'opaque' }> {
  const payload = fc.tuple(name, jsonObject).map(([type, members]) => ({ ...members, type: `x_${type}` }))
  return fc.tuple(payload, deltas).map(([value, list]) => ({ type: 'opaque', dialect, payload: value, deltas: list }))
}

const cache: fc.Arbitrary<CacheMark> = fc.constantFrom<CacheMark>({ ttl: '5m' }, { ttl: '1h' })

function textBlock(dialect: DialectId, text: fc.Arbitrary<string>): fc.Arbitrary<TextBlock> {
  const citations = fc.array(jsonObject, { minLength: 1, maxLength: 2 }).map((items) => ({ dialect, items }))
  return merged(fc.record({ type: fc.constant('text' as const), text }), maybe('citations', citations))
}

/** Blocks that a model can produce and `dialect` can write; `refusal` stands apart, for Messages has it as text. */
export function anyOutputBlock(dialect: DialectId): fc.Arbitrary<OutputBlock> {
  const delta = fc.tuple(name, jsonObject).map(([type, members]) => ({ ...members, type: `x_${type}_delta` }))
  return fc.oneof(
    textBlock(dialect, anyText),
    fc.record({ type: fc.constant('thinking' as const), text: anyText, signature: anyText }),
    fc.record({ type: fc.constant('redacted_thinking' as const), data: anyText }),
    fc.record({ type: fc.constant('tool_use' as const), id: name, name, inputJson }),
    opaqueBlock(dialect, fc.array(delta, { maxLength: 2 })),
  )
}

export function anyResponse(dialect: DialectId): fc.Arbitrary<ChatResponse> {
  const required = fc.record({
    id: name,
    model: name,
    blocks: fc.array(anyOutputBlock(dialect), { maxLength: 5 }),
    reason: anyReason(dialect),
    usage: anyUsage,
  })
  return merged(
    merged(required, maybe('opaque', anyOpaque(dialect))),
    merged(maybe('usageOpaque', anyOpaque(dialect)), maybe('finishOpaque', anyOpaque(dialect))),
  )
}

const anyDelta: fc.Arbitrary<BlockDelta> = fc.oneof(
  anyText.map((text): BlockDelta => ({ type: 'text', text })),
  anyText.map((text): BlockDelta => ({ type: 'thinking', text })),
  anyText.map((text): BlockDelta => ({ type: 'refusal', text })),
  anyText.map((signature): BlockDelta => ({ type: 'signature', signature })),
  anyText.map((value): BlockDelta => ({ type: 'input_json', json: value })),
  json.map((citation): BlockDelta => ({ type: 'citation', dialect: 'anthropic', citation })),
  json.map((payload): BlockDelta => ({ type: 'opaque', dialect: 'anthropic', payload })),
)

const index = fc.integer({ min: -1, max: 3 })

/** Any event, without regard to where it may stand. */
export const anyEvent: fc.Arbitrary<StreamEvent> = fc.oneof(
  fc.record({ type: fc.constant('start' as const), id: name, model: name }),
  fc.record({ type: fc.constant('usage' as const), usage: anyUsage }),
  fc.record({ type: fc.constant('block_start' as const), index, block: anyOutputBlock('anthropic') }),
  fc.record({ type: fc.constant('block_delta' as const), index, delta: anyDelta }),
  fc.record({ type: fc.constant('block_stop' as const), index }),
  fc.record({ type: fc.constant('finish' as const), reason: anyReason('anthropic') }),
  // The keys of a const table are its kinds.
  fc.record({
    type: fc.constant('error' as const),
    kind: fc.constantFrom(...(Object.keys(ERROR_TRAITS) as ErrorKind[])),
    message: anyText,
  }),
)

const source: fc.Arbitrary<MediaSource> = fc.oneof(
  fc.record({ type: fc.constant('base64' as const), mediaType: fc.constant('image/png'), data: fc.base64String() }),
  fc.record({ type: fc.constant('url' as const), url: fc.webUrl() }),
  fc.record({ type: fc.constant('file' as const), fileId: name }),
)

/** Blocks of a request that `dialect` can write back without loss. */
export function anyInputBlock(dialect: DialectId): fc.Arbitrary<Block> {
  const carried = merged(maybe('cache', cache), maybe('opaque', anyOpaque(dialect)))
  const leaf: fc.Arbitrary<Block> = fc.oneof(
    merged(textBlock(dialect, saidText), carried),
    merged(fc.record({ type: fc.constant('image' as const), source }), carried),
    merged(fc.record({ type: fc.constant('document' as const), source }), merged(maybe('title', anyText), carried)),
    opaqueBlock(dialect, fc.constant([])),
  )
  return fc.oneof(
    leaf,
    fc.record({ type: fc.constant('thinking' as const), text: anyText, signature: someText }),
    fc.record({ type: fc.constant('redacted_thinking' as const), data: anyText }),
    merged(
      fc.record({
        type: fc.constant('tool_use' as const),
        id: name,
        name,
        inputJson: inputJson.map((value) => value || '{}'),
      }),
      carried,
    ),
    merged(
      fc.record({
        type: fc.constant('tool_result' as const),
        toolUseId: name,
        content: fc.array(leaf, { maxLength: 2 }),
        isError: fc.boolean(),
      }),
      carried,
    ),
  )
}

function anyTool(dialect: DialectId): fc.Arbitrary<Tool> {
  const parameters = jsonObject.map((members) => ({ ...members, type: 'object' }))
  return fc.oneof(
    merged(
      merged(fc.record({ type: fc.constant('function' as const), name, parameters }), maybe('description', anyText)),
      merged(maybe('strict', fc.boolean()), merged(maybe('cache', cache), maybe('opaque', anyOpaque(dialect)))),
    ),
    fc.tuple(name, name, anyOpaque(dialect)).map(
      ([type, toolName, opaque]): Tool => ({
        type: 'opaque',
        name: toolName,
        opaque: { dialect, members: { ...opaque.members, type: `x_${type}`, name: toolName } },
      }),
    ),
  )
}

function anyReasoning(dialect: DialectId): fc.Arbitrary<Reasoning> {
  const effort = maybe('effort', fc.constantFrom('low', 'medium', 'high', 'xhigh', 'max'))
  const mode = fc.oneof(
    fc.constantFrom('off', 'adaptive').map((type) => ({ type })),
    fc.nat().map((budgetTokens) => ({ type: 'budget' as const, budgetTokens })),
  )
  return fc.oneof(
    merged(fc.constant({ type: 'unset' as const }), effort),
    merged(mode, merged(effort, maybe('opaque', anyOpaque(dialect)))),
  )
}

/** Requests that `dialect` can write back without loss. */
export function anyRequest(dialect: DialectId): fc.Arbitrary<ChatRequest> {
  const turn: fc.Arbitrary<Turn> = merged(
    fc.record({
      role: fc.constantFrom('user', 'assistant', 'system'),
      blocks: fc.array(anyInputBlock(dialect), { minLength: 1, maxLength: 3 }),
    }),
    maybe('opaque', anyOpaque(dialect)),
  )
  const system = merged(
    textBlock(dialect, saidText),
    merged(maybe('cache', cache), maybe('opaque', anyOpaque(dialect))),
  )
  const required = fc.record({
    model: name,
    stream: fc.boolean(),
    system: fc.array(system, { maxLength: 2 }),
    turns: fc.array(turn, { minLength: 1, maxLength: 4 }),
    tools: fc.array(anyTool(dialect), { maxLength: 2 }),
    stopSequences: fc.array(saidText, { maxLength: 2 }),
    maxOutputTokens: fc.nat(),
    reasoning: anyReasoning(dialect),
    sampling: fc.constant({}),
    format: fc.oneof(
      fc.constant({ type: 'text' as const }),
      jsonObject.map((schema) => ({ type: 'json_schema' as const, schema })),
    ),
    wantsStreamUsage: fc.constant(true),
  })
  const choice = fc.oneof(
    fc.tuple(fc.constantFrom('auto', 'required'), fc.boolean()).map(([type, parallelToolCalls]) => ({
      toolChoice: { type },
      parallelToolCalls,
    })),
    fc.constantFrom('none', 'unset').map((type) => ({ toolChoice: { type }, parallelToolCalls: true })),
    name.map((tool) => ({ toolChoice: { type: 'tool' as const, name: tool }, parallelToolCalls: true })),
  )
  return merged(merged(required, choice), merged(maybe('userId', anyText), maybe('opaque', anyOpaque(dialect))))
}
