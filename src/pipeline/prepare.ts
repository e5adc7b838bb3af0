import type { DecodeContext, Upstream, UpstreamProfile } from '../core/dialect.ts'
import type { ChatRequest } from '../core/request.ts'
import type { Target } from '../core/target.ts'
import { betasOf } from '../dialect/anthropic/betas.ts'
import type { Inbound } from './ports.ts'
import { type RequestBody, spliceMembers } from './request-body.ts'

/** A request as one target wants it. */
export type Prepared =
  | {
      readonly lane: 'passthrough'
      readonly body: Uint8Array
      readonly dropped: readonly string[]
      /** lynkr asked for usage where the client did not: frames that hold nothing else are not for the client. */
      readonly withholdsUsage: boolean
    }
  | {
      readonly lane: 'transcode'
      readonly body: string
      readonly dropped: readonly string[]
      readonly context: DecodeContext
    }

/** What of a request, beside its body, decides how it is written. */
export type Asking = Pick<Inbound, 'surface' | 'headers'>

/** What a target's dialect is told of it. */
export function profileOf({ model, provider: { quirks } }: Target, headers: Headers): UpstreamProfile {
  if (quirks.betas === undefined) return { model, quirks }
  return { model, quirks, betas: betasOf(headers) }
}

/**
 * Fits the request to a target: the same dialect passes the client's bytes on, with at most some members changed
 * in place; another dialect gets the request decoded and written anew.
 *
 * @throws ProxyError `invalid_request` where the request cannot be decoded
 */
export function prepare(body: RequestBody, inbound: Asking, upstream: Upstream, target: Target): Prepared {
  const { surface } = inbound
  const profile = profileOf(target, inbound.headers)
  if (surface.id === upstream.id) {
    const edits = upstream.editPassthrough(body.envelope, profile)
    return {
      lane: 'passthrough',
      body: Object.keys(edits).length === 0 ? body.bytes : spliceMembers(body.bytes, edits),
      dropped: upstream.passthroughLoss?.(body.envelope, profile) ?? [],
      withholdsUsage: 'stream_options' in edits,
    }
  }
  const request: ChatRequest = surface.decodeRequest(body.envelope)
  const { json, dropped } = upstream.encodeRequest(request, profile)
  return { lane: 'transcode', body: JSON.stringify(json), dropped, context: { request, profile } }
}
