import type { Surface, Upstream } from '../../core/dialect.ts'
import { decodeRequest } from './decode-request.ts'
import { openDecoder } from './decoder.ts'
import { encodeRequest } from './encode-request.ts'
import { openEncoder } from './encoder.ts'
import { ACTED_ON_KEYS, readEnvelope } from './envelope.ts'
import { decodeError, encodeError, encodeErrorEvent } from './errors.ts'
import { fitPassthrough } from './fit-body.ts'
import { legalNames } from './legal-names.ts'
import { limitOutput } from './limit-output.ts'
import { openMeter } from './meter.ts'
import { meterResponse } from './meter-response.ts'
import { tryError } from './no-message.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { threads } from './threads.ts'
import { TOOL_MEMBERS, toolsOf } from './tools-of.ts'
import { vendorCalls } from './vendor-calls.ts'

/** Anthropic Messages as clients see it. */
export const anthropicSurface: Surface = {
  id: 'anthropic',
  errorEnvelope: 'anthropic',
  actedOnKeys: ACTED_ON_KEYS,
  readEnvelope,
  decodeRequest,
  toolMembers: TOOL_MEMBERS,
  toolsOf,
  vendorCalls,
  limitOutput: ({ json }, tokens) => limitOutput(json, tokens),
  encodeResponse,
  openEncoder,
  encodeError,
  encodeErrorEvent,
  ping: 'event: ping\ndata: {"type":"ping"}\n\n',
  threads,
}

const EVERYWHERE = Object.freeze({ tools: true, results: true })

/** Anthropic Messages as servers speak it. */
export const anthropicUpstream: Upstream = {
  id: 'anthropic',
  cacheMarkPlaces: () => EVERYWHERE,
  encodeRequest,
  fitPassthrough,
  decodeResponse: (json, { request }) => decodeResponse(json, legalNames(request)),
  openDecoder: ({ request }) => openDecoder(legalNames(request)),
  decodeError,
  tryError,
  openMeter,
  meterResponse,
}
