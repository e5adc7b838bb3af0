import type { Block, CacheMark } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { Opaque } from '../../core/opaque.ts'
import { invalid } from '../faults.ts'
import { restOf } from '../rest.ts'
import { tryMessagesPart } from './messages-part.ts'
import { decodeContent, decodeFileData, decodeUrl } from './parts.ts'

/** `content` of a message: a string, `null`, or a list of parts. Empty text goes. Throws `invalid_request` with the path. */
export function decodeParts(content: unknown, path: string): Block[] {
  return decodeContent(content, path, decodePart)
}

function decodePart(part: Json, path: string): Block[] {
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw invalid(`${path}.text`, 'must be a string')
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...carrierOf(part, TEXT_KNOWN) }]
    case 'refusal':
      return textOf(part.refusal) === '' ? [] : [{ type: 'refusal', text: textOf(part.refusal) }]
    case 'image_url':
      return [decodeImage(part, path)]
    case 'file':
      return [decodeFile(part, path)]
    default:
      if (typeof part.type !== 'string') throw invalid(`${path}.type`, 'must be a string')
      return [tryMessagesPart(part, path) ?? { type: 'opaque', dialect: 'openai-chat', payload: part, deltas: [] }]
  }
}

const TEXT_KNOWN = new Set(['type', 'text', 'cache_control'])
const IMAGE_KNOWN = new Set(['type', 'image_url', 'cache_control'])
const IMAGE_URL_KNOWN = new Set(['url'])
const FILE_PART_KNOWN = new Set(['type', 'file', 'cache_control'])
const FILE_KNOWN = new Set(['filename', 'file_id', 'file_data'])

/** What a part, message or tool says beside its content. */
interface Carrier {
  readonly cache?: CacheMark
  readonly opaque?: Opaque
}

/**
 * Cache mark and unmodelled members. The mark is Anthropic's, which gateways take in Chat bodies too.
 *
 * @param known names `cache_control`
 * @param more members to carry besides
 */
export function carrierOf(wire: Json, known: ReadonlySet<string>, more: Json | null = null): Carrier {
  const others = restOf(wire, known)
  const control = tryObject(wire.cache_control)
  const isMark = control?.type === 'ephemeral'
  const members = { ...others, ...more, ...(control !== null && !isMark && { cache_control: control }) }
  return {
    ...(isMark && { cache: { ttl: control.ttl === '1h' ? '1h' : '5m' } }),
    ...(Object.keys(members).length > 0 && { opaque: { dialect: 'openai-chat', members } }),
  }
}

function decodeImage(part: Json, path: string): Block {
  // A bare string is what some clients send, and what most servers take.
  const image = typeof part.image_url === 'string' ? { url: part.image_url } : tryObject(part.image_url)
  const url = textOf(image?.url)
  if (image === null || url === '') throw invalid(`${path}.image_url.url`, 'must be a URL')
  const carrier = carrierOf(part, IMAGE_KNOWN, restOf(image, IMAGE_URL_KNOWN))
  return { type: 'image', source: decodeUrl(url, `${path}.image_url.url`), ...carrier }
}

function decodeFile(part: Json, path: string): Block {
  const file = tryObject(part.file)
  if (file === null) throw invalid(`${path}.file`, 'must be an object')
  const title = typeof file.filename === 'string' ? { title: file.filename } : {}
  const carrier = carrierOf(part, FILE_PART_KNOWN, restOf(file, FILE_KNOWN))
  if (typeof file.file_id === 'string') {
    const opaque: Opaque = carrier.opaque ?? { dialect: 'openai-chat', members: {} }
    return { type: 'document', source: { type: 'file', fileId: file.file_id }, ...title, ...carrier, opaque }
  }
  if (typeof file.file_data !== 'string') throw invalid(`${path}.file`, 'must have file_data or file_id')
  return { type: 'document', source: decodeFileData(file.file_data, `${path}.file.file_data`), ...title, ...carrier }
}
