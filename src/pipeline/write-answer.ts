import type { EncoderOptions, Surface } from '../core/dialect.ts'
import { replay } from '../core/replay.ts'
import type { ChatResponse } from '../core/response.ts'
import type { Outbound } from './ports.ts'

/** An answer that is known already as the client wants it: whole, or as the stream that makes it. */
export function writeAnswer(response: ChatResponse, surface: Surface, options: EncoderOptions): Outbound {
  const { stream } = options.request
  const headers = new Headers({ 'content-type': stream ? 'text/event-stream; charset=utf-8' : 'application/json' })
  return {
    status: 200,
    headers,
    body: stream ? streamed(response, surface, options) : whole(response, surface, options),
  }
}

function whole(response: ChatResponse, surface: Surface, options: EncoderOptions): string {
  return JSON.stringify(surface.encodeResponse(response, options))
}

function streamed(response: ChatResponse, surface: Surface, options: EncoderOptions): string {
  const encoder = surface.openEncoder(options)
  return replay(response)
    .map((event) => encoder.push(event))
    .join('')
}
