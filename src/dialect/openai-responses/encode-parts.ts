import type { Block, DocumentBlock, ImageBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { opaqueMembers } from '../../core/opaque.ts'
import { type DropList, droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'

/** Blocks of a user or system turn, or of a tool's result, as content parts. What has no form here leaves a note. */
export function encodeParts(blocks: readonly Block[], dropped: DropList): Json[] {
  return blocks.flatMap((block) => encodePart(block, dropped))
}

export function textPart(text: string): Json {
  return { type: 'input_text', text }
}

function encodePart(block: Block, dropped: DropList): Json[] {
  if (block.type !== 'opaque') dropped.addCarrier(block)
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text === '' ? [] : [textPart(block.text)]
    case 'image':
      return [encodeImage(block, dropped)]
    case 'document':
      return [encodeDocument(block, dropped)]
    case 'opaque': {
      const payload = tryObject(block.payload) ?? {}
      if (block.dialect === 'openai-responses') return [payload]
      dropped.add(droppedName('block', textOf(payload.type)))
      const text = toldText(payload)
      return text === '' ? [] : [textPart(text)]
    }
    default:
      dropped.add(block.type)
      return []
  }
}

function encodeImage({ source, opaque }: ImageBlock, dropped: DropList): Json {
  const members = { ...opaqueMembers(opaque, 'openai-responses'), type: 'input_image' }
  if (source.type === 'base64') return { ...members, image_url: `data:${source.mediaType};base64,${source.data}` }
  if (source.type === 'url') return { ...members, image_url: source.url }
  if (source.type === 'text') return textPart(source.text)
  if (opaque?.dialect === 'openai-responses') return { ...members, file_id: source.fileId }
  dropped.add('image.file')
  return textPart('[an image was here that this model cannot be shown]')
}

function encodeDocument({ source, title, opaque }: DocumentBlock, dropped: DropList): Json {
  const name = title ?? 'document'
  switch (source.type) {
    case 'text':
      return textPart(title === undefined ? source.text : `${title}\n\n${source.text}`)
    case 'base64': {
      const filename = name.includes('.') ? name : `${name}.pdf`
      return { type: 'input_file', filename, file_data: `data:${source.mediaType};base64,${source.data}` }
    }
    case 'url':
      return { type: 'input_file', file_url: source.url }
    case 'file':
      if (opaque?.dialect === 'openai-responses') return { type: 'input_file', file_id: source.fileId }
      dropped.add('document')
      return textPart(`[a document was here that this model cannot be shown: ${name}]`)
  }
}
