import { originateCacheMarks } from '../core/cache-marks.ts'
import type { DecodeContext, DialectId, Upstream, UpstreamProfile } from '../core/dialect.ts'
import { distinctTools } from '../core/distinct-tools.ts'
import { pairCalls } from '../core/pair-calls.ts'
import type { ChatRequest } from '../core/request.ts'
import type { Target } from '../core/target.ts'
import { betasOf } from '../dialect/anthropic/betas.ts'
import { refuseLostSearch } from '../dialect/lost-search.ts'
import { applyStrips, type Stripped } from '../dialect/strips/apply-strips.ts'
import { type Strip, stripsNamed } from '../dialect/strips/strip-table.ts'
import { withToldResults } from '../dialect/told-results.ts'
import { isOfClaudeCode } from './class-of.ts'
import { spliceMembers } from './edit-body.ts'
import type { Inbound } from './ports.ts'
import type { RequestBody } from './request-body.ts'

/** A request as one target wants it. */
export type Prepared =
  | {
      readonly lane: 'passthrough'
      readonly body: Uint8Array
      readonly dropped: readonly string[]
      /** What was left out because the target does not take it; its betas go too. */
      readonly strips: readonly Strip[]
      /** lynkr asked for usage where the client did not: frames that hold nothing else are not for the client. */
      readonly withholdsUsage: boolean
    }
  | {
      readonly lane: 'transcode'
      readonly body: string
      readonly dropped: readonly string[]
      readonly strips: readonly Strip[]
      readonly context: DecodeContext
    }

/** What a request is fitted to. */
export interface Fit {
  readonly upstream: Upstream
  readonly target: Target
  /** Features that the target is known to refuse. */
  readonly stripNames: readonly string[]
  /** Marks what the provider may cache, for clients whose dialect cannot: `PROMPT_CACHE_ENABLED`. */
  readonly originatesCacheMarks: boolean
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
 * @throws ProxyError `invalid_request` where the request cannot be decoded, or is for a search that the target cannot make
 */
export function prepare(body: RequestBody, inbound: Asking, fit: Fit): Prepared {
  const { upstream, target, stripNames } = fit
  const { surface } = inbound
  const profile = profileOf(target, inbound.headers)
  const strips = stripNames.length === 0 ? NO_STRIPS : stripsNamed(stripNames, betasOf(inbound.headers))
  if (surface.id === upstream.id && surface.isMixed?.(body.envelope) !== true) {
    const { edits: fitted, lost } = upstream.fitPassthrough(body.envelope, profile)
    const stripped = strip(() => ({ ...body.envelope.json, ...fitted }), inbound.headers, strips)
    const edits = stripped === null ? fitted : { ...fitted, ...stripped.edits }
    return {
      lane: 'passthrough',
      body: Object.keys(edits).length === 0 ? body.bytes : spliceMembers(body.bytes, edits),
      dropped: allNames(body, lost, stripped),
      strips,
      withholdsUsage: 'stream_options' in fitted,
    }
  }
  surface.refuseUnsaid?.(body.envelope)
  const { request: decoded, repairs: toolRepairs } = distinctTools(surface.decodeRequest(body.envelope))
  refuseLostSearch(decoded, upstream.id, isOfClaudeCode(inbound.headers))
  const { request: paired, repairs: callRepairs } = pairCalls(withToldResults(decoded, upstream.id))
  const isMarkedHere = fit.originatesCacheMarks && !MARKS_FOR_ITSELF.has(surface.id)
  const places = isMarkedHere ? (upstream.cacheMarkPlaces?.(profile) ?? null) : null
  const request: ChatRequest = places === null ? paired : originateCacheMarks(paired, places)
  const { json, dropped } = upstream.encodeRequest(request, profile)
  const stripped = strip(() => json, inbound.headers, strips)
  const isUntouched = toolRepairs.length + callRepairs.length === 0
  return {
    lane: 'transcode',
    body: JSON.stringify(stripped === null ? json : { ...json, ...stripped.edits }),
    dropped: allNames(body, isUntouched ? dropped : [...dropped, ...toolRepairs, ...callRepairs], stripped),
    strips,
    context: { request, profile },
  }
}

/** Dialects whose clients say themselves what may be cached, and mean it when they do not. */
const MARKS_FOR_ITSELF: ReadonlySet<DialectId> = new Set(['anthropic'])

const NO_NAMES: readonly string[] = Object.freeze([])
const NO_STRIPS: readonly Strip[] = Object.freeze([])

/** @param json asked for only if something is to go: to copy a body parses all of it */
function strip(
  json: () => Readonly<Record<string, unknown>>,
  headers: Headers,
  strips: readonly Strip[],
): Stripped | null {
  return strips.length === 0 ? null : applyStrips(json(), betasOf(headers), strips)
}

/** What was left out before, what this server's dialect has no place for, and what it is known to refuse; each once. */
function allNames(
  { dropped: before = NO_NAMES }: RequestBody,
  dropped: readonly string[],
  stripped: Stripped | null,
): readonly string[] {
  const refused = stripped?.names ?? NO_NAMES
  return before.length + refused.length === 0 ? dropped : [...new Set([...before, ...dropped, ...refused])]
}
