import { assertNever } from '../../core/assert.ts'
import type { OutputBlock, TextBlock, ToolUseBlock } from '../../core/block.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { tryAnswerImage } from '../answer-image.ts'
import { freeText } from '../openai-chat/custom-tools.ts'
import { toWireId } from '../tools/tool-ids.ts'
import type { CallForm } from './names.ts'
import { encryptedContent, summaryOf } from './reasoning-seal.ts'

export type CallForms = ReadonlyMap<string, CallForm>

/**
 * A block as the output item that a client knows, or `null` for one of another dialect that has no form here.
 *
 * @param id the item's own, unlike the `call_id` of calls
 */
export function tryOutputItem(block: OutputBlock, id: string, forms: CallForms): Json | null {
  switch (block.type) {
    case 'text':
      return messageItem(id, outputText(block), 'completed')
    case 'refusal':
      return messageItem(id, { type: 'refusal', refusal: block.text }, 'completed')
    case 'thinking':
      return { id, type: 'reasoning', summary: summaryOf(block.text), encrypted_content: encryptedContent(block) }
    case 'redacted_thinking':
      return { id, type: 'reasoning', summary: [], encrypted_content: encryptedContent(block) }
    case 'tool_use':
      return callItem(block, id, forms)
    case 'opaque':
      return block.dialect === 'openai-responses' ? tryObject(block.payload) : tryImageItem(block, id)
    default:
      return assertNever(block)
  }
}

function tryImageItem(block: OutputBlock, id: string): Json | null {
  const image = tryAnswerImage(block)
  if (image === null) return null
  const format = image.mediaType.toLowerCase().replace('image/', '')
  return { id, type: 'image_generation_call', status: 'completed', output_format: format, result: image.data }
}

export function messageItem(id: string, part: Json | null, status: 'in_progress' | 'completed'): Json {
  return { id, type: 'message', role: 'assistant', status, content: part === null ? [] : [part] }
}

export function outputText({ text, citations }: Pick<TextBlock, 'text' | 'citations'>): Json {
  const annotations = citations?.dialect === 'openai-responses' ? citations.items : []
  return { type: 'output_text', text, annotations, logprobs: [] }
}

export function callItem(
  block: ToolUseBlock,
  id: string,
  forms: CallForms,
  status: 'in_progress' | 'completed' = 'completed',
): Json {
  const form = forms.get(block.name)
  const call = {
    call_id: toWireId(block.id),
    name: form?.name ?? block.name,
    ...(form?.namespace != null && { namespace: form.namespace }),
  }
  if (form?.isCustom === true) return { id, type: 'custom_tool_call', status, ...call, input: freeText(block) }
  const isEmpty = block.inputJson === '' && status === 'completed'
  return { id, type: 'function_call', status, ...call, arguments: isEmpty ? '{}' : block.inputJson }
}

const PREFIXES = {
  text: 'msg',
  refusal: 'msg',
  thinking: 'rs',
  redacted_thinking: 'rs',
  tool_use: 'fc',
  opaque: 'ig',
} as const

/**
 * An item's id: its place in a response that has one of its own. What it begins with is checked where it comes back: a
 * client may take the conversation to a server of this dialect.
 */
export function itemId(block: OutputBlock, forms: CallForms, responseId: string, index: number): string {
  const isCustom = block.type === 'tool_use' && forms.get(block.name)?.isCustom === true
  return `${isCustom ? 'ctc' : PREFIXES[block.type]}_${responseId.slice('resp_'.length)}_${index}`
}
