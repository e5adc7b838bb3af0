import { type CacheUse, cacheUse, mayKeep } from '../cache/admission.ts'
import { cacheKeyText } from '../cache/cache-key.ts'
import type { Lead, SingleFlight } from '../cache/single-flight.ts'
import type { DecodeContext } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import type { ResponseCacheStore } from '../core/store.ts'
import type { Target } from '../core/target.ts'
import { encodeCached, readCached } from './cached-answer.ts'
import type { Exchange } from './exchange.ts'
import { keepBody } from './keep-body.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'

/** The response cache as the pipeline uses it: one per process, made by the composition root. */
export interface AnswerCache {
  readonly store: ResponseCacheStore
  readonly flights: SingleFlight<Uint8Array>
  sha256(text: string): string
  /** Must not throw. */
  onLookup(result: 'hit' | 'miss' | 'bypass'): void
}

/** Largest answer that is kept, as bytes of its client's wire form; more is an export and no answer. */
const KEPT_BYTES_MAX = 1024 * 1024

/** Headers that change what an answer says. */
const TELLING_HEADERS = ['anthropic-beta', 'anthropic-version', 'openai-beta'] as const

/**
 * Answers out of the cache, or with `answer` and into the cache. Clients ask for it with `x-lynkr-cache: on`, and hear
 * in the same header what became of it. Identical requests under way share one answer; one that fails is not shared.
 */
export async function throughCache(
  deps: PipelineDeps,
  exchange: Exchange,
  { body, targets }: { body: RequestBody; targets: readonly Target[] },
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const { cache } = deps
  const { headers } = exchange.inbound
  if (cache === null) return answer()
  const wishes = { lynkrHeader: headers.get('x-lynkr-cache'), cacheControl: headers.get('cache-control') }
  const use = cacheUse({ isEnabled: false, ...wishes })
  const context = use.mayRead || use.mayStore ? tryContext(exchange, body, targets) : null
  if (context === null) {
    if (wishes.lynkrHeader !== null) cache.onLookup('bypass')
    return answer()
  }
  const key = cache.sha256(keyOf(exchange, body, targets))
  const found = await find(deps, exchange, { key, use, context })
  if (found !== null && !('lead' in found)) return found
  cache.onLookup('miss')
  return keep(deps, exchange, { key, context, lead: found?.lead ?? null }, answer)
}

interface Slot {
  readonly key: string
  readonly context: DecodeContext
}

/** @returns the answer; or the flight to lead; or `null` to go alone */
async function find(
  deps: PipelineDeps,
  exchange: Exchange,
  { key, use, context }: Slot & { use: CacheUse },
): Promise<Outbound | { readonly lead: Lead<Uint8Array> } | null> {
  const { cache, clock, scheduler, timeouts } = deps
  if (cache === null || !use.mayRead) return null
  const cached = await cache.store.getCached(key, clock.wallMs(), use.ageMaxMs)
  if (cached !== null) return serve(deps, exchange, context, cached)
  const flight = cache.flights.join(key)
  if ('lead' in flight) return flight
  const patience = new Promise<null>((resolve) => scheduler.after(timeouts.pingMs, () => resolve(null)))
  const body = await Promise.race([flight.follow, patience])
  return body === null ? null : serve(deps, exchange, context, { body, ageMs: 0 })
}

function serve(
  { cache, clock }: PipelineDeps,
  exchange: Exchange,
  { request }: DecodeContext,
  { body, ageMs }: { body: Uint8Array; ageMs: number },
): Outbound {
  const { surface, requestId } = exchange.inbound
  const options = { requestId, wallMs: clock.wallMs(), request }
  const headers = new Headers({ 'x-lynkr-cache': 'hit', age: String(Math.floor(ageMs / 1_000)) })
  headers.set('content-type', request.stream ? 'text/event-stream; charset=utf-8' : 'application/json')
  cache?.onLookup('hit')
  exchange.fromCache()
  return exchange.answer({ status: 200, headers, body: encodeCached(readCached(body), surface, options) })
}

async function keep(
  { cache, upstreams, openFramer, clock }: PipelineDeps,
  { inbound }: Exchange,
  { key, context, lead }: Slot & { lead: Lead<Uint8Array> | null },
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const onWhole = (response: ReturnType<typeof readCached> | null, bytes: number): void => {
    const isKept = response !== null && mayKeep({ status: 200, reason: response.reason, bytes }, KEPT_BYTES_MAX)
    const stored = isKept ? new TextEncoder().encode(JSON.stringify(response)) : null
    lead?.end(stored)
    if (stored !== null) void cache?.store.putCached(key, stored, clock.wallMs())
  }
  try {
    const outbound = await answer()
    outbound.headers.set('x-lynkr-cache', 'miss')
    const upstream = upstreams[inbound.surface.id]
    return keepBody(outbound, { upstream, context, openFramer, bytesMax: KEPT_BYTES_MAX, onWhole })
  } catch (thrown) {
    lead?.end(null)
    throw thrown
  }
}

/** What the answer is decoded and written with; `null` for a request that lynkr cannot read whole, which is not cached. */
function tryContext(
  { inbound }: Exchange,
  { envelope }: RequestBody,
  targets: readonly Target[],
): DecodeContext | null {
  try {
    const profile = { model: targets[0]?.model ?? envelope.model, quirks: {} }
    return { request: inbound.surface.decodeRequest(envelope), profile }
  } catch (thrown) {
    if (thrown instanceof ProxyError) return null
    throw thrown
  }
}

/** Answers are seen again by the same key only; without keys, by whoever shows the same credential. */
function keyOf({ inbound, principal }: Exchange, { envelope }: RequestBody, targets: readonly Target[]): string {
  const { headers, surface, label } = inbound
  const credential = `${headers.get('authorization') ?? ''}\n${headers.get('x-api-key') ?? ''}`
  return cacheKeyText({
    surface: `${surface.id} ${label}`,
    provider: targets[0]?.provider.id ?? '',
    model: targets[0]?.model ?? '',
    json: envelope.json,
    headers: TELLING_HEADERS.map((name) => [name, headers.get(name) ?? ''] as const),
    scope: principal.keyId ?? credential,
  })
}
