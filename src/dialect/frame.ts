import type { Frame } from '../core/dialect.ts'
import { parseExact } from '../core/exact-json.ts'
import { type Json, tryObject } from '../core/json.ts'
import { malformed } from './faults.ts'

const utf8 = new TextDecoder()

/** The text of a frame. Invalid UTF-8 becomes U+FFFD, as the SSE standard has it. */
export function frameText(frame: Frame): string {
  return utf8.decode(frame.data)
}

/** The object in a frame. Throws `upstream_malformed` for what is no JSON object. */
export function parseFrame(frame: Frame): Json {
  return parseChunk(frameText(frame))
}

/** The same of a frame's text. */
export function parseChunk(text: string): Json {
  let json: unknown
  try {
    json = parseExact(text)
  } catch (cause) {
    throw Object.assign(malformed('a stream chunk is no JSON'), { cause })
  }
  const chunk = tryObject(json)
  if (chunk === null) throw malformed('a stream chunk is no JSON object')
  return chunk
}
