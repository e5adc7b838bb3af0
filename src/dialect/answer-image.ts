import type { OutputBlock } from '../core/block.ts'
import { textOf, tryObject } from '../core/json.ts'

/** A picture that a model made, in base64. */
export interface AnswerImage {
  readonly mediaType: string
  readonly data: string
}

/**
 * The picture in a block that another dialect's answer carries: Gemini's inline data, an `image_generation_call` of
 * Responses, or an image part as gateways have it in Chat. `null` if it is none. Cost: linear in the picture.
 */
export function tryAnswerImage(block: OutputBlock): AnswerImage | null {
  if (block.type !== 'opaque') return null
  const wire = tryObject(block.payload)
  const inline = tryObject(wire?.inlineData)
  if (inline !== null) return imageOf(textOf(inline.mimeType), textOf(inline.data))
  if (wire?.type === 'image_generation_call') {
    return imageOf(`image/${textOf(wire.output_format) || 'png'}`, textOf(wire.result))
  }
  const url = textOf(tryObject(wire?.image_url)?.url)
  const [head = '', mediaType = ''] = /^data:(image\/[a-z0-9.+-]+);base64,/i.exec(url.slice(0, 100)) ?? []
  return head === '' ? null : imageOf(mediaType, url.slice(head.length))
}

function imageOf(mediaType: string, data: string): AnswerImage | null {
  return /^image\//i.test(mediaType) && data !== '' ? { mediaType, data } : null
}
