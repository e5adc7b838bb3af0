import type { EncoderOptions, Surface } from '../core/dialect.ts'
import { replay } from '../core/replay.ts'
import type { ChatResponse } from '../core/response.ts'

/** Reads what the cache kept. Only lynkr writes there, so that its shape is known. */
export function readCached(body: Uint8Array): ChatResponse {
  // Written by `JSON.stringify` of the same type; the key is a hash that nobody else can write under.
  return JSON.parse(new TextDecoder().decode(body)) as ChatResponse
}

/** A kept answer as the client wants it: whole, or as the stream that makes it. */
export function encodeCached(response: ChatResponse, surface: Surface, options: EncoderOptions): string {
  if (!options.request.stream) return JSON.stringify(surface.encodeResponse(response, options))
  const encoder = surface.openEncoder(options)
  return replay(response)
    .map((event) => encoder.push(event))
    .join('')
}
