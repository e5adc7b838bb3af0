import type { Block, DocumentBlock, ImageBlock, OpaqueBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import { droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'
import type { EncodeContext } from './encode-tools.ts'

/** A content part of a user message. */
export type Part = { readonly type: 'text'; readonly text: string } | (Json & { readonly type: MediaPartType })
type MediaPartType = 'image_url' | 'file' | 'input_audio'

export function textPart(text: string): Part {
  return { type: 'text', text }
}

/** Blocks of a user or system turn as content parts. What Chat cannot show leaves a note, so that the model knows. */
export function encodeUserBlocks(blocks: readonly Block[], context: EncodeContext): Part[] {
  return blocks.flatMap((block) => encodeUserBlock(block, context))
}

function encodeUserBlock(block: Block, context: EncodeContext): Part[] {
  if (block.type !== 'opaque') context.dropped.addCarrier(block)
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text === '' ? [] : [{ ...opaqueMembers(block.opaque, 'openai-chat'), ...textPart(block.text) }]
    case 'image':
      return [encodeImage(block, context)]
    case 'document':
      return [encodeDocument(block, context)]
    case 'opaque':
      return encodeOpaque(block, context)
    default:
      context.dropped.add(block.type)
      return []
  }
}

function encodeImage({ source, opaque }: ImageBlock, context: EncodeContext): Part {
  const detail = opaqueMembers(opaque, 'openai-chat')
  if (source.type === 'base64') {
    return { type: 'image_url', image_url: { ...detail, url: `data:${source.mediaType};base64,${source.data}` } }
  }
  if (source.type === 'url') return { type: 'image_url', image_url: { ...detail, url: source.url } }
  if (source.type === 'text') return textPart(source.text)
  context.dropped.add('image.file')
  return textPart('[an image was here that this model cannot be shown]')
}

function encodeDocument({ source, title, opaque }: DocumentBlock, context: EncodeContext): Part {
  const name = title ?? 'document'
  if (source.type === 'text') return textPart(title === undefined ? source.text : `${title}\n\n${source.text}`)
  if (source.type === 'base64' && context.quirks.pdfInput === true) {
    const filename = name.includes('.') ? name : `${name}.pdf`
    return { type: 'file', file: { filename, file_data: `data:${source.mediaType};base64,${source.data}` } }
  }
  if (source.type === 'file' && opaque?.dialect === 'openai-chat') {
    return { type: 'file', file: { ...opaque.members, file_id: source.fileId } }
  }
  context.dropped.add('document')
  const where = source.type === 'url' ? ` at ${source.url}` : ''
  return textPart(`[a document${where} was here that this model cannot be shown: ${name}]`)
}

/** Blocks of other dialects are dropped by name, but for the text of those that have one. */
function encodeOpaque(block: OpaqueBlock, context: EncodeContext): Part[] {
  const payload = tryObject(block.payload) ?? {}
  // A chat part that lynkr does not model came in as such a part, so it may go out as one.
  if (block.dialect === 'openai-chat') return [payload as Part]
  context.dropped.add(droppedName('block', textOf(payload.type)))
  const text = toldText(payload)
  return text === '' ? [] : [textPart(text)]
}
