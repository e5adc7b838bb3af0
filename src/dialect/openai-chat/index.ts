import type { Surface, Upstream } from '../../core/dialect.ts'
import { decodeError } from './decode-error.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeError, encodeErrorEvent } from './encode-error.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { fitPassthrough } from './fit-passthrough.ts'
import { hasFlatTool } from './flat-tools.ts'
import { menderOf } from './mend-answer.ts'
import { openMeter } from './meter.ts'
import { meterResponse, tryError } from './meter-response.ts'
import {
  ACTED_ON_KEYS,
  decodeRequest,
  isResponsesBody,
  limitOutput,
  readEnvelope,
  TOOL_MEMBERS,
  toolsOf,
} from './responses-body.ts'
import { PING } from './sse.ts'
import { openStreamDecoder } from './stream-decoder.ts'
import { openStreamEncoder } from './stream-encoder.ts'

/** OpenAI Chat Completions as clients speak it. */
export const openaiChatSurface: Surface = {
  id: 'openai-chat',
  errorEnvelope: 'openai',
  actedOnKeys: ACTED_ON_KEYS,
  readEnvelope,
  decodeRequest,
  isMixed: (envelope) => isResponsesBody(envelope) || hasFlatTool(envelope),
  toolMembers: TOOL_MEMBERS,
  toolsOf,
  limitOutput,
  encodeResponse,
  openEncoder: openStreamEncoder,
  encodeError,
  encodeErrorEvent,
  ping: PING,
}

/** OpenAI Chat Completions as OpenAI, Databricks, Azure, OpenRouter and local servers speak it. */
export const openaiChatUpstream: Upstream = {
  id: 'openai-chat',
  encodeRequest,
  fitPassthrough,
  decodeResponse,
  openDecoder: openStreamDecoder,
  decodeError,
  tryError,
  openMeter,
  meterResponse,
  menderOf,
}
