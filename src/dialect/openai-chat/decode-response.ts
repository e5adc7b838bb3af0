import type { OutputBlock, ToolUseBlock } from '../../core/block.ts'
import type { DecodeContext } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { ChatResponse } from '../../core/response.ts'
import { NO_USAGE } from '../../core/usage.ts'
import { malformed } from '../faults.ts'
import { restOf } from '../rest.ts'
import { makeCallId, toCanonicalId } from '../tools/tool-ids.ts'
import { type ToolNames, toolNames } from '../tools/tool-names.ts'
import { argumentText } from './call-fragments.ts'
import { CUSTOM_CALL, encodeCustomInput } from './custom-calls.ts'
import { decodeStreamError, tryChoiceError } from './decode-error.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { imageBlocks } from './image-blocks.ts'
import { readReasoning, readReasoningPart, reasoningBlocks } from './reasoning.ts'
import { openThinkSplitter } from './think-tags.ts'
import { decodeUsage, usageOpaque } from './usage.ts'

const KNOWN = new Set(['id', 'object', 'model', 'choices', 'usage', 'prompt_filter_results'])

/** A whole chat completion as a canonical response. An `error` object in a 200 is thrown with the kind it deserves. */
export function decodeResponse(json: unknown, { request, profile }: DecodeContext): ChatResponse {
  const wire = tryObject(json)
  if (wire === null) throw malformed('it is no JSON object')
  if (wire.error) throw decodeStreamError(wire)
  const choice = tryObject(listOf(wire.choices)[0])
  const message = tryObject(choice?.message)
  if (choice === null || message === null) throw malformed('choices[0].message is missing')
  const failure = tryChoiceError(choice)
  if (failure !== null) throw failure
  const id = textOf(wire.id)
  const calls = decodeCalls(message, toolNames(request), (n) => makeCallId(id, request.turns.length, n))
  const refusal = textOf(message.refusal)
  const prose = withCitations(decodeProse(message, profile.quirks.inlineThinking === true), listOf(message.annotations))
  const blocks = [...prose, ...refusalBlocks(refusal), ...imageBlocks(message), ...calls]
  const usage = tryObject(wire.usage)
  const opaque = usage === null ? undefined : usageOpaque(usage)
  const members = restOf(wire, KNOWN)
  return {
    id,
    model: textOf(wire.model) || profile.model,
    blocks,
    reason: decodeFinishReason({
      reason: textOf(choice.finish_reason),
      hasToolCalls: calls.length > 0,
      hasRefusal: refusal !== '',
      stopSequence: textOf(choice.stop_reason) || null,
    }),
    usage: usage === null ? NO_USAGE : decodeUsage(usage, wire),
    ...(members && { opaque: { dialect: 'openai-chat', members } }),
    ...(opaque && { usageOpaque: opaque }),
  }
}

function refusalBlocks(refusal: string): OutputBlock[] {
  return refusal === '' ? [] : [{ type: 'refusal', text: refusal }]
}

function decodeProse(message: Json, isInline: boolean): OutputBlock[] {
  const blocks: OutputBlock[] = reasoningBlocks(readReasoning(message))
  let text = ''
  if (typeof message.content === 'string') text = message.content
  else {
    for (const item of listOf(message.content)) {
      const part = tryObject(item)
      if (part?.type === 'reasoning') blocks.push(...reasoningBlocks(readReasoningPart(part)))
      else text += textOf(part?.text)
    }
  }
  if (!isInline) return text === '' ? blocks : [...blocks, { type: 'text', text }]
  const splitter = openThinkSplitter()
  for (const piece of [...splitter.push(text), ...splitter.end()]) {
    if (piece.kind === 'text') blocks.push({ type: 'text', text: piece.text })
    else blocks.push({ type: 'thinking', text: piece.text, signature: '' })
  }
  return blocks
}

/** What the text cites, kept by the last of it. */
function withCitations(blocks: readonly OutputBlock[], items: readonly unknown[]): readonly OutputBlock[] {
  const at = blocks.findLastIndex(({ type }) => type === 'text')
  const block = blocks[at]
  if (items.length === 0 || block?.type !== 'text') return blocks
  return blocks.with(at, { ...block, citations: { dialect: 'openai-chat', items } })
}

function decodeCalls(message: Json, names: ToolNames, makeId: (n: number) => string): ToolUseBlock[] {
  const items = [...listOf(message.tool_calls), ...(message.function_call ? [{ function: message.function_call }] : [])]
  const taken = new Set<string>()
  return items.map((item, n) => {
    const call = tryObject(item)
    const custom = tryObject(call?.custom)
    const body = custom ?? tryObject(call?.function) ?? {}
    const name = textOf(body.name)
    if (name === '') throw malformed(`choices[0].message.tool_calls[${n}] has no name`)
    const wireId = textOf(call?.id)
    const id = wireId === '' || taken.has(wireId) ? makeId(n) : toCanonicalId(wireId)
    taken.add(wireId)
    const block = { type: 'tool_use', id, name: names.toCanonical(name) } as const
    return custom === null
      ? { ...block, inputJson: argumentText(body.arguments) }
      : { ...block, inputJson: encodeCustomInput(textOf(custom.input)), opaque: CUSTOM_CALL }
  })
}
