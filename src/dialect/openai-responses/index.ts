import type { Surface, Upstream } from '../../core/dialect.ts'
import { decodeError } from '../openai-chat/decode-error.ts'
import { PING } from '../openai-chat/sse.ts'
import { chaining } from './chaining.ts'
import { decodeRequest, refuseUnsaid } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeError } from './encode-error.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { failedEvent } from './error-event.ts'
import { fitPassthrough } from './fit-passthrough.ts'
import { meterResponse, openMeter, tryError } from './meter.ts'
import { ACTED_ON_KEYS, readEnvelope } from './read-envelope.ts'
import { openStreamDecoder } from './stream-decoder.ts'
import { openStreamEncoder } from './stream-encoder.ts'
import { TOOL_MEMBERS, toolsOf } from './tools-of.ts'
import { vendorCalls } from './vendor-calls.ts'

/** OpenAI Responses as clients speak it: Codex, and OpenAI's own libraries. */
export const openaiResponsesSurface: Surface = {
  id: 'openai-responses',
  errorEnvelope: 'openai',
  actedOnKeys: ACTED_ON_KEYS,
  readEnvelope,
  decodeRequest,
  refuseUnsaid,
  toolMembers: TOOL_MEMBERS,
  toolsOf,
  vendorCalls,
  limitOutput: (_envelope, tokens) => ({ max_output_tokens: tokens }),
  encodeCount: (inputTokens) => ({ object: 'response.input_tokens', input_tokens: inputTokens }),
  encodeResponse,
  openEncoder: openStreamEncoder,
  encodeError,
  encodeErrorEvent: (error, requestId) => failedEvent(error, { requestId, id: '', sequence: 0 }),
  ping: PING,
  chaining,
}

/** OpenAI Responses as OpenAI, Azure, OpenRouter and local servers speak it. */
export const openaiResponsesUpstream: Upstream = {
  id: 'openai-responses',
  encodeRequest,
  fitPassthrough,
  decodeResponse,
  openDecoder: openStreamDecoder,
  decodeError,
  tryError,
  openMeter,
  meterResponse,
}
