import type { Upstream } from '../../core/dialect.ts'
import { UPSTREAM_ONLY } from '../cloud/upstream-only.ts'
import { cachePlaces } from './cache-point.ts'
import { decodeResponse } from './decode-response.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeError } from './errors.ts'
import { openStreamDecoder } from './stream-decoder.ts'

/** Bedrock's Converse, one language for the models of every vendor there. */
export const bedrockConverseUpstream: Upstream = {
  id: 'bedrock-converse',
  ...UPSTREAM_ONLY,
  encodeRequest,
  cacheMarkPlaces: ({ model }) => cachePlaces(model),
  decodeResponse,
  openDecoder: openStreamDecoder,
  decodeError,
}
