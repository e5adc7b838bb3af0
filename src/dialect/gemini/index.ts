import { collect } from '../../core/collect.ts'
import type { DecodeContext, Upstream } from '../../core/dialect.ts'
import type { ProxyError, UpstreamFailure } from '../../core/errors.ts'
import { tryObject } from '../../core/json.ts'
import type { ChatResponse } from '../../core/response.ts'
import { tryJson } from '../../core/try-json.ts'
import { cloudFailure } from '../cloud/cloud-error.ts'
import { tryGoogleError } from '../cloud/google-error.ts'
import { UPSTREAM_ONLY } from '../cloud/upstream-only.ts'
import { malformed } from '../faults.ts'
import { encodeRequest } from './encode-request.ts'
import { openChunkReader, openStreamDecoder } from './stream-decoder.ts'

/** Gemini's `generateContent`, as AI Studio and Vertex serve it. */
export const geminiUpstream: Upstream = {
  id: 'gemini',
  ...UPSTREAM_ONLY,
  encodeRequest,
  decodeResponse,
  openDecoder: openStreamDecoder,
  decodeError,
}

/** A whole answer is a stream of one chunk. */
function decodeResponse(json: unknown, context: DecodeContext): ChatResponse {
  const chunk = tryObject(json)
  if (chunk === null || (chunk.candidates === undefined && chunk.promptFeedback === undefined)) {
    throw malformed('no candidates')
  }
  const chunks = openChunkReader(context)
  return collect([...chunks.read(() => chunk), ...chunks.end()])
}

function decodeError(failure: UpstreamFailure): ProxyError {
  return cloudFailure(failure, tryGoogleError(failure, tryJson(failure.body)))
}
