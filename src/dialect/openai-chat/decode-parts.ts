import type { Block } from '../../core/block.ts'
import type { Opaque } from '../../core/opaque.ts'
import { invalid, type Json, restOf, textOf, tryObject } from './wire.ts'

const DATA_URL = /^data:([^;,]+)(?:;[^;,]*)*;base64,/i

/** `content` of a message: a string, `null`, or a list of parts. Empty text goes. Throws `invalid_request` with the path. */
export function decodeParts(content: unknown, path: string): Block[] {
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(path, 'must be a string or a list of parts')
  return content.flatMap((part, i) => decodePart(part, `${path}.${i}`))
}

function decodePart(value: unknown, path: string): Block[] {
  const part = tryObject(value)
  if (part === null) throw invalid(path, 'must be an object')
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw invalid(`${path}.text`, 'must be a string')
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...carried(restOf(part, TEXT_KNOWN)) }]
    case 'refusal':
      return textOf(part.refusal) === '' ? [] : [{ type: 'refusal', text: textOf(part.refusal) }]
    case 'image_url':
      return [decodeImage(part, path)]
    case 'file':
      return [decodeFile(part, path)]
    default:
      if (typeof part.type !== 'string') throw invalid(`${path}.type`, 'must be a string')
      return [{ type: 'opaque', dialect: 'openai-chat', payload: part, deltas: [] }]
  }
}

const TEXT_KNOWN = new Set(['type', 'text'])
const IMAGE_KNOWN = new Set(['url'])

function carried(members: Json | null): { opaque?: Opaque } {
  return members === null ? {} : { opaque: { dialect: 'openai-chat', members } }
}

function decodeImage(part: Json, path: string): Block {
  // A bare string is what some clients send, and what most servers take.
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : tryObject(part.image_url)
  const url = textOf(image?.url)
  if (image === null || url === '') throw invalid(`${path}.image_url.url`, 'must be a URL')
  const opaque = carried(restOf(image, IMAGE_KNOWN))
  if (!/^data:/i.test(url)) return { type: 'image', source: { type: 'url', url }, ...opaque }
  return { type: 'image', source: decodeDataUrl(url, `${path}.image_url.url`), ...opaque }
}

function decodeFile(part: Json, path: string): Block {
  const file = tryObject(part.file)
  if (file === null) throw invalid(`${path}.file`, 'must be an object')
  const title = typeof file.filename === 'string' ? { title: file.filename } : {}
  if (typeof file.file_id === 'string') {
    const opaque: Opaque = { dialect: 'openai-chat', members: {} }
    return { type: 'document', source: { type: 'file', fileId: file.file_id }, ...title, opaque }
  }
  if (typeof file.file_data !== 'string') throw invalid(`${path}.file`, 'must have file_data or file_id')
  return { type: 'document', source: decodeDataUrl(file.file_data, `${path}.file.file_data`), ...title }
}

function decodeDataUrl(url: string, path: string) {
  // Only the head is searched: the data may be megabytes.
  const match = DATA_URL.exec(url.slice(0, 256))
  if (match === null) throw invalid(path, 'must be a data: URL with a media type and base64 data')
  return { type: 'base64', mediaType: (match[1] ?? '').toLowerCase(), data: url.slice(match[0].length) } as const
}
