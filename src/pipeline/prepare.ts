import type { DecodeContext, Surface, Upstream } from '../core/dialect.ts'
import type { ChatRequest } from '../core/request.ts'
import type { Target } from '../core/target.ts'
import { type RequestBody, spliceMembers } from './request-body.ts'

/** A request as one target wants it. */
export type Prepared =
  | { readonly lane: 'passthrough'; readonly body: Uint8Array; readonly dropped: readonly string[] }
  | {
      readonly lane: 'transcode'
      readonly body: string
      readonly dropped: readonly string[]
      readonly context: DecodeContext
    }

/**
 * Fits the request to a target: the same dialect passes the client's bytes on, with at most the model's name changed
 * in place; another dialect gets the request decoded and written anew.
 *
 * @throws ProxyError `invalid_request` where the request cannot be decoded
 */
export function prepare(body: RequestBody, surface: Surface, upstream: Upstream, target: Target): Prepared {
  if (surface.id === upstream.id) {
    const isRenamed = target.model !== body.envelope.model
    return {
      lane: 'passthrough',
      body: isRenamed ? spliceMembers(body.bytes, { model: target.model }) : body.bytes,
      dropped: [],
    }
  }
  const request: ChatRequest = surface.decodeRequest(body.envelope)
  const profile = { model: target.model, quirks: target.provider.quirks }
  const { json, dropped } = upstream.encodeRequest(request, profile)
  return { lane: 'transcode', body: JSON.stringify(json), dropped, context: { request, profile } }
}
