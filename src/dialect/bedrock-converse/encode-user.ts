import type { Block, DocumentBlock, ImageBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'
import { cachePoint } from './cache-point.ts'
import type { ConverseContext } from './context.ts'

/** Names of documents, each once in a request, of the characters that Converse allows. */
export type Namer = (title: string | undefined) => string

export function openNamer(): Namer {
  let count = 0
  return (title) => {
    const legal = (title ?? '')
      .replace(/[^a-zA-Z0-9()[\] -]+/g, '-')
      .replace(/ {2,}/g, ' ')
      .trim()
    return `${legal === '' ? 'document' : legal.slice(0, 150)} ${++count}`
  }
}

export function textBlock(text: string): Json {
  return { text }
}

/** Blocks of a user's turn or a tool's result, each followed by the cache point that it carries. */
export function encodeUserBlocks(blocks: readonly Block[], context: ConverseContext, namer: Namer): Json[] {
  const { dropped } = context
  return blocks.flatMap((block): Json[] => {
    if (block.type === 'opaque') {
      dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
      const text = toldText(block.payload)
      return text === '' ? [] : [textBlock(text)]
    }
    if (block.opaque !== undefined) dropped.addOpaque('block', block.opaque)
    const point = cachePoint(block.cache, context)
    switch (block.type) {
      case 'text':
        return block.text.trim() === '' ? [] : [textBlock(block.text), ...point]
      case 'image':
        return withPoint(encodeImage(block, context), point)
      case 'document':
        return withPoint(encodeDocument(block, context, namer), point)
      default:
        dropped.add(`user.${block.type}`)
        return []
    }
  })
}

function withPoint(content: readonly Json[], point: readonly Json[]): Json[] {
  return content.length === 0 ? [] : [...content, ...point]
}

function encodeImage({ source }: ImageBlock, { dropped }: ConverseContext): Json[] {
  if (source.type !== 'base64') {
    dropped.add(`image.${source.type}`)
    return [textBlock(source.type === 'url' ? `[image at ${source.url}]` : '[image]')]
  }
  const format = source.mediaType.replace(/^image\//, '').replace('jpg', 'jpeg')
  return [{ image: { format, source: { bytes: source.data } } }]
}

function encodeDocument({ source, title }: DocumentBlock, { dropped }: ConverseContext, namer: Namer): Json[] {
  if (source.type === 'text') return [...(title === undefined ? [] : [textBlock(title)]), textBlock(source.text)]
  if (source.type !== 'base64') {
    dropped.add(`document.${source.type}`)
    return [textBlock(source.type === 'url' ? `[document at ${source.url}]` : '[document]')]
  }
  const format = FORMATS[source.mediaType] ?? 'pdf'
  return [{ document: { format, name: namer(title), source: { bytes: source.data } } }]
}

/** @see Amazon Bedrock API reference, `DocumentBlock`, 2026 */
const FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}
