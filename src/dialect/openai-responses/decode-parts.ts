import type { Block, MediaSource } from '../../core/block.ts'
import { type Json, textOf } from '../../core/json.ts'
import type { Opaque } from '../../core/opaque.ts'
import { invalid } from '../faults.ts'
import { decodeContent, decodeFileData, decodeUrl } from '../openai-chat/parts.ts'
import { restOf } from '../rest.ts'

const TEXT = new Set(['type', 'text', 'annotations', 'logprobs'])
const IMAGE = new Set(['type', 'image_url', 'file_id'])
const FILE = new Set(['type', 'filename', 'file_data', 'file_url', 'file_id'])

/** Content of a message or of a tool's output: a text or a list of parts. Empty text goes. Throws `invalid_request`. */
export function decodeParts(content: unknown, path: string): Block[] {
  return decodeContent(content, path, decodePart)
}

function decodePart(part: Json, path: string): Block[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      if (typeof part.text !== 'string') throw invalid(`${path}.text`, 'must be a string')
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...carried(restOf(part, TEXT)) }]
    case 'refusal':
      return textOf(part.refusal) === '' ? [] : [{ type: 'refusal', text: textOf(part.refusal) }]
    case 'input_image':
      return [decodeImage(part, path)]
    case 'input_file':
      return [decodeFile(part, path)]
    default:
      if (typeof part.type !== 'string') throw invalid(`${path}.type`, 'must be a string')
      return [{ type: 'opaque', dialect: 'openai-responses', payload: part, deltas: [] }]
  }
}

/** What names a file says whose name that is. */
function decodeImage(part: Json, path: string): Block {
  const source = imageSource(part, path)
  const others = restOf(part, IMAGE)
  return { type: 'image', source, ...carried(source.type === 'file' ? (others ?? {}) : others) }
}

function imageSource(part: Json, path: string): MediaSource {
  const url = textOf(part.image_url)
  if (url !== '') return decodeUrl(url, `${path}.image_url`)
  if (typeof part.file_id === 'string') return { type: 'file', fileId: part.file_id }
  throw invalid(`${path}.image_url`, 'must be a URL')
}

function decodeFile(part: Json, path: string): Block {
  const title = typeof part.filename === 'string' ? { title: part.filename } : {}
  const others = restOf(part, FILE)
  if (typeof part.file_data === 'string') {
    return {
      type: 'document',
      source: decodeFileData(part.file_data, `${path}.file_data`),
      ...title,
      ...carried(others),
    }
  }
  if (typeof part.file_url === 'string')
    return { type: 'document', source: { type: 'url', url: part.file_url }, ...title, ...carried(others) }
  if (typeof part.file_id !== 'string') throw invalid(path, 'must have file_data, file_url or file_id')
  return { type: 'document', source: { type: 'file', fileId: part.file_id }, ...title, ...carried(others ?? {}) }
}

function carried(members: Json | null): { opaque?: Opaque } {
  return members === null ? {} : { opaque: { dialect: 'openai-responses', members } }
}
