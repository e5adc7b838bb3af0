import type { ProxyError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { sseData } from './sse.ts'

/** An error as a Chat client expects it. `code` is what clients act on: `context_length_exceeded` makes them compact. */
export function encodeError(error: ProxyError): Json {
  const { type, code } = error.traits.wire.openai
  return {
    error: {
      message: error.message,
      type,
      param: error.detail.path ?? null,
      code: error.detail.isContextOverflow === true ? 'context_length_exceeded' : (error.detail.code ?? code),
    },
  }
}

/** The same after the commit point. No `[DONE]` follows: it would call the answer complete. */
export function encodeErrorEvent(error: ProxyError): string {
  return sseData(encodeError(error))
}
