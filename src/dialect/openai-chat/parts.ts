import type { Block, MediaSource } from '../../core/block.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'

/** One part of a content; `path` is its place. Throws `invalid_request` with the path. */
export type DecodePart = (part: Json, path: string) => Block[]

/**
 * Content as both of OpenAI's dialects have it: nothing, a text, or a list of parts, which differ. Empty text goes.
 * Throws `invalid_request` with the path.
 */
export function decodeContent(content: unknown, path: string, decodePart: DecodePart): Block[] {
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalid(path, 'must be a string or a list of parts')
  return content.flatMap((value, i) => {
    const part = tryObject(value)
    if (part === null) throw invalid(`${path}.${i}`, 'must be an object')
    return decodePart(part, `${path}.${i}`)
  })
}

const DATA_URL = /^data:([^;,]+)(?:;[^;,]*)*;base64,/i

/** A picture's address, which may be the picture itself. Throws `invalid_request` with the path. */
export function decodeUrl(url: string, path: string): MediaSource {
  return /^data:/i.test(url) ? decodeDataUrl(url, path) : { type: 'url', url }
}

/** Throws `invalid_request` with the path for any other address. */
function decodeDataUrl(url: string, path: string): MediaSource {
  // Only the head is searched: the data may be megabytes.
  const match = DATA_URL.exec(url.slice(0, 256))
  if (match === null) throw invalid(path, 'must be a data: URL with a media type and base64 data')
  const mediaType = (match[1] ?? '').toLowerCase()
  // A name that clients make up, and servers of other dialects refuse.
  const known = mediaType === 'image/jpg' ? 'image/jpeg' : mediaType
  return { type: 'base64', mediaType: known, data: url.slice(match[0].length) }
}

const TEXT = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|toml)$)/

/** A file that stands in a request; one of text is that text, for other dialects know none but PDFs as files. */
export function decodeFileData(url: string, path: string): MediaSource {
  const source = decodeDataUrl(url, path)
  const text = source.type === 'base64' && TEXT.test(source.mediaType) ? tryText(source.data) : null
  return text === null ? source : { type: 'text', text }
}

/** `null` for what is no base64, or no UTF-8. */
function tryText(data: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(data))
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) return null
    throw thrown
  }
}
