import type { OutputBlock } from '../../core/block.ts'
import type { EncoderOptions } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import type { ChatResponse } from '../../core/response.ts'
import { tryAnswerImage } from '../answer-image.ts'
import { toWireId } from '../tools/tool-ids.ts'
import { customNames } from './custom-tools.ts'
import { encodeCall } from './encode-call.ts'
import { encodeFinishReason } from './finish-reason.ts'
import { encryptedDetail } from './reasoning.ts'
import { encodeUsage } from './usage.ts'

/**
 * A canonical response as a chat completion. Thinking goes into `reasoning_content`, which clients that do not know
 * it ignore; its signature, so that a client can return it, into `reasoning_details`.
 */
export function encodeResponse(response: ChatResponse, { requestId, wallMs, request }: EncoderOptions): Json {
  const { id, model, blocks, reason, usage, opaque, usageOpaque } = response
  const message = encodeMessage(blocks, customNames(request.tools))
  const finishReason = encodeFinishReason(
    reason,
    blocks.some((block) => block.type === 'refusal'),
  )
  return {
    created: Math.floor(wallMs / 1000),
    ...opaqueMembers(opaque, 'openai-chat'),
    id: completionId(id, requestId),
    object: 'chat.completion',
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: encodeUsage(usage, usageOpaque),
  }
}

/** The upstream's id where there is one, else one made of ours, so that every answer can be told apart. */
export function completionId(id: string, requestId: string): string {
  return id === '' ? `chatcmpl-${requestId}` : id
}

function encodeMessage(blocks: readonly OutputBlock[], customs: ReadonlySet<string>): Json {
  const calls: Json[] = []
  const details: Json[] = []
  const images: Json[] = []
  const annotations: unknown[] = []
  let text = ''
  let thinking = ''
  let refusal = ''
  for (const block of blocks) {
    if (block.type === 'text') {
      text += block.text
      if (block.citations?.dialect === 'openai-chat') annotations.push(...block.citations.items)
    } else if (block.type === 'refusal') refusal += block.text
    else if (block.type === 'tool_use') {
      const argumentsJson = block.inputJson === '' ? '{}' : block.inputJson
      calls.push(encodeCall(block, { id: toWireId(block.id), name: block.name, argumentsJson }, customs))
    } else if (block.type === 'redacted_thinking') details.push(encryptedDetail(block.data))
    else if (block.type === 'opaque') {
      const image = tryImagePart(block)
      if (image !== null) images.push(image)
    } else if (block.type === 'thinking') {
      thinking += block.text
      if (block.signature !== '') {
        details.push({ type: 'reasoning.text', text: block.text, signature: block.signature })
      }
    }
  }
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(images.length > 0 && { images }),
    ...(annotations.length > 0 && { annotations }),
  }
}

/** A picture in the form that gateways have given it, for Chat itself has none; `null` for a block of another kind. */
export function tryImagePart(block: OutputBlock): Json | null {
  const image = tryAnswerImage(block)
  return image === null
    ? null
    : { type: 'image_url', image_url: { url: `data:${image.mediaType};base64,${image.data}` } }
}
