import type { Block, ThinkingBlock, ToolUseBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { isSealed } from '../../core/sealed.ts'
import { droppedName } from '../dropped.ts'
import { TOOL_ID_CHARS_MAX, toWireId } from '../tools/tool-ids.ts'
import { callArguments } from './call-arguments.ts'
import { encodeCall } from './encode-call.ts'
import type { EncodeContext } from './encode-tools.ts'
import { encryptedDetail } from './reasoning.ts'

/** The assistant's blocks as one message; `null` if nothing is left that could be sent. */
export function encodeAssistant(blocks: readonly Block[], context: EncodeContext): Json | null {
  const calls: Json[] = []
  const thinking: ThinkingBlock[] = []
  const details: Json[] = []
  let text = ''
  let wasCited = false
  for (const block of blocks) {
    if (block.type !== 'opaque') context.dropped.addCarrier(block)
    if (block.type === 'text' || block.type === 'refusal') {
      // Cited text and what stands beside it are one sentence in many blocks; other blocks are paragraphs.
      const isCited = block.type === 'text' && block.citations !== undefined
      if (isCited) context.dropped.add('citations')
      text += text === '' || isCited || wasCited || block.text === '' ? block.text : `\n\n${block.text}`
      wasCited = isCited
    } else if (block.type === 'tool_use') calls.push(callFor(block, context))
    else if (block.type === 'thinking') {
      // Only the text of what another vendor sealed, or nobody signed, is for a server that checks no signature.
      const isForeign = isSealed(block.signature) || (context.isClaude && block.signature === '')
      if (isForeign && keepsSignature(context)) context.dropped.add('thinking')
      else thinking.push(block)
    } else if (block.type === 'redacted_thinking') {
      if (context.quirks.reasoningField === 'reasoning_details') details.push(encryptedDetail(block.data))
      else context.dropped.add('redacted_thinking')
    } else if (block.type === 'opaque') {
      context.dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
    } else context.dropped.add(`assistant.${block.type}`)
  }
  if (text === '' && calls.length === 0) return null
  const reasoning = encodeThinking(thinking, details, context)
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...reasoning.members,
    ...(reasoning.parts.length > 0 && {
      content: [...reasoning.parts, ...(text === '' ? [] : [{ type: 'text', text }])],
    }),
  }
}

function callFor(block: ToolUseBlock, { names, quirks, customs }: EncodeContext): Json {
  const id = toWireId(block.id, quirks.toolIdCharsMax ?? TOOL_ID_CHARS_MAX)
  const call = { id, name: names.toWire(block.name), argumentsJson: callArguments(block.inputJson) }
  return encodeCall(block, call, customs)
}

/** Earlier thinking in the form that this server takes back, or dropped: never as visible text. */
function encodeThinking(
  blocks: readonly ThinkingBlock[],
  details: readonly Json[],
  { quirks, dropped }: EncodeContext,
): { members: Json; parts: readonly Json[] } {
  const field = quirks.reasoningField
  if (blocks.some((block) => block.signature !== '') && !keepsSignature({ quirks })) dropped.add('thinking.signature')
  if (field === undefined) {
    if (blocks.some((block) => block.text !== '')) dropped.add('thinking')
    return { members: {}, parts: [] }
  }
  if (field === 'content') {
    const parts = blocks.map((block) => ({
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: block.text, ...signatureOf(block) }],
    }))
    return { members: {}, parts }
  }
  if (field === 'reasoning_details') {
    const texts = blocks.map((block) => ({ type: 'reasoning.text', text: block.text, ...signatureOf(block) }))
    const all = [...texts, ...details]
    return { members: all.length === 0 ? {} : { reasoning_details: all }, parts: [] }
  }
  const text = blocks.map((block) => block.text).join('\n\n')
  // Another vendor's answer, or one whose thoughts are hidden: empty text would count as none.
  const told = text === '' && quirks.needsReasoning === true ? ' ' : text
  return { members: told === '' ? {} : { [field]: told }, parts: [] }
}

function keepsSignature({ quirks }: Pick<EncodeContext, 'quirks'>): boolean {
  return quirks.reasoningField === 'content' || quirks.reasoningField === 'reasoning_details'
}

function signatureOf(block: ThinkingBlock): Json {
  return block.signature === '' ? {} : { signature: block.signature }
}
