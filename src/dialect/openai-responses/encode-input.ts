import type { Block, ToolResultBlock, ToolUseBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { ChatRequest, Turn } from '../../core/request.ts'
import { roundsOf } from '../../core/rounds.ts'
import { isAttribution } from '../attribution.ts'
import { droppedName } from '../dropped.ts'
import { callArguments } from '../openai-chat/call-arguments.ts'
import { freeText } from '../openai-chat/custom-tools.ts'
import { toWireId } from '../tools/tool-ids.ts'
import { encodeParts, textPart } from './encode-parts.ts'
import type { EncodeContext } from './encode-tools.ts'
import { tryOwnItem } from './reasoning-seal.ts'

/** Initial prompt and turns as `instructions` and `input`: every call has its output, and outputs follow their calls. */
export function encodeInput(request: ChatRequest, context: EncodeContext): Json {
  const texts = request.system.flatMap((block) => {
    context.dropped.addCarrier(block)
    return isAttribution(block) ? [] : [block.text]
  })
  const input: Json[] = []
  context.dropped.addTurns(request.turns)
  for (const { assistant, results, rest } of roundsOf(request.turns)) {
    input.push(...encodeAssistant(assistant, context))
    for (const result of results) input.push(encodeOutput(result, callsOf(assistant), context))
    for (const turn of rest) input.push(...encodeTurn(turn, context))
  }
  return { ...(texts.length > 0 && { instructions: texts.join('\n\n') }), input }
}

function callsOf(blocks: readonly Block[]): ReadonlyMap<string, string> {
  return new Map(blocks.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block.name]] : [])))
}

function encodeTurn(turn: Turn, { dropped }: EncodeContext): Json[] {
  const items: Json[] = []
  const content = turn.blocks.flatMap((block) => {
    const item = tryItem(block)
    if (item === null) return encodeParts([block], dropped)
    items.push(item)
    return []
  })
  if (content.length > 0) items.push({ role: turn.role === 'user' ? 'user' : 'developer', content })
  return items
}

/** An item of this dialect that lynkr does not model, which stands beside messages and not in one. */
function tryItem(block: Block): Json | null {
  if (block.type !== 'opaque' || block.dialect !== 'openai-responses') return null
  const payload = tryObject(block.payload)
  return textOf(payload?.type).startsWith('input_') ? null : payload
}

/** The assistant's blocks as items, in order; text that follows text stays in one message. */
function encodeAssistant(blocks: readonly Block[], context: EncodeContext): Json[] {
  const items: Json[] = []
  let content: Json[] | null = null
  const say = (part: Json): void => {
    if (content !== null) return void content.push(part)
    content = [part]
    items.push({ type: 'message', role: 'assistant', content })
  }
  for (const block of blocks) {
    if (block.type !== 'opaque') context.dropped.addCarrier(block)
    if (block.type === 'text') {
      if (block.citations !== undefined) context.dropped.add('citations')
      if (block.text !== '') say({ type: 'output_text', text: block.text })
      continue
    }
    if (block.type === 'refusal') {
      say({ type: 'refusal', refusal: block.text })
      continue
    }
    const item = encodeAssistantItem(block, context)
    if (item === null) continue
    items.push(item)
    content = null
  }
  return withoutLooseEnd(items, context)
}

/** Reasoning to which nothing was said or done any more, as where a turn was interrupted, is refused. */
function withoutLooseEnd(items: Json[], { dropped }: EncodeContext): Json[] {
  const end = items.findLastIndex(({ type }) => type !== 'reasoning') + 1
  if (end < items.length) dropped.add('thinking.signature')
  return items.slice(0, end)
}

function encodeAssistantItem(block: Exclude<Block, { type: 'text' | 'refusal' }>, context: EncodeContext): Json | null {
  switch (block.type) {
    case 'tool_use':
      return encodeCall(block, context)
    case 'thinking': {
      const own = tryOwnItem(block)
      // Reasoning that this vendor did not make, or did not seal, it refuses.
      if (own === null) context.dropped.add(block.signature === '' ? 'thinking' : 'thinking.signature')
      return own
    }
    case 'opaque': {
      const item = tryItem(block)
      if (item === null) context.dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
      return item
    }
    default:
      context.dropped.add(block.type === 'redacted_thinking' ? block.type : `assistant.${block.type}`)
      return null
  }
}

function encodeCall(block: ToolUseBlock, { names, forms }: EncodeContext): Json {
  const form = forms.get(block.name)
  const call = {
    call_id: toWireId(block.id),
    name: form?.name ?? names.toWire(block.name),
    ...(form?.namespace != null && { namespace: form.namespace }),
  }
  if (form?.isCustom === true) return { type: 'custom_tool_call', ...call, input: freeText(block) }
  return { type: 'function_call', ...call, arguments: callArguments(block.inputJson) }
}

/** A result as text where it is nothing else, an error marked by its first word. */
function encodeOutput(
  result: ToolResultBlock,
  calls: ReadonlyMap<string, string>,
  { forms, dropped }: EncodeContext,
): Json {
  dropped.addCarrier(result)
  const parts = encodeParts(result.content, dropped)
  const isText = parts.every((part) => part.type === 'input_text')
  const text = parts.map((part) => textOf(part.text)).join('\n')
  const isMarked = result.isError && !/^error\b/i.test(text)
  const output = isText ? (isMarked ? `Error: ${text}` : text) : isMarked ? [textPart('Error:'), ...parts] : parts
  const isCustom = forms.get(calls.get(result.toolUseId) ?? '')?.isCustom === true
  const type = isCustom ? 'custom_tool_call_output' : 'function_call_output'
  return { type, call_id: toWireId(result.toolUseId), output }
}
