import { billMicroUsd } from '../budget/prices.ts'
import { type CacheUse, cacheUse, mayKeep } from '../cache/admission.ts'
import { cacheKeyText } from '../cache/cache-key.ts'
import type { Lead } from '../cache/single-flight.ts'
import type { DecodeContext } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import type { ChatResponse } from '../core/response.ts'
import type { Target } from '../core/target.ts'
import type { Usage } from '../core/usage.ts'
import { pricesOf } from './bill.ts'
import { encodeCached, readCached } from './cached-answer.ts'
import type { Exchange } from './exchange.ts'
import type { Resumed } from './go-on.ts'
import { keepBody } from './keep-body.ts'
import { ownCredential } from './own-credential.ts'
import type { AnswerCache, CacheResult, Outbound, PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'

/** Largest answer that is kept, as bytes of its client's wire form; more is an export and no answer. */
const KEPT_BYTES_MAX = 1024 * 1024

/** Headers that change what an answer says, or whose it is. */
const TELLING_HEADERS = [
  'anthropic-beta',
  'anthropic-version',
  'openai-beta',
  'openai-organization',
  'openai-project',
] as const

/**
 * Answers out of the cache, or with `answer` and into the cache. Clients ask for it with `x-lynkr-cache: on`, and hear
 * in the same header what became of it. Identical requests under way share one answer; one that fails is not shared.
 */
export function throughCache(
  deps: PipelineDeps,
  exchange: Exchange,
  resumed: Resumed,
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const { cache } = deps
  return cache === null ? answer() : lookUp(deps, exchange, { ...resumed, cache }, answer)
}

async function lookUp(
  deps: PipelineDeps,
  exchange: Exchange,
  { body, targets, cache }: Resumed & { readonly cache: AnswerCache },
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const { headers } = exchange.inbound
  const wishes = { lynkrHeader: headers.get('x-lynkr-cache'), cacheControl: headers.get('cache-control') }
  const use = cacheUse({ isEnabled: cache.isOnFor(body.envelope.model), ...wishes })
  const context = use.mayRead || use.mayStore ? tryContext(exchange, body, targets) : null
  if (context === null) {
    if (wishes.lynkrHeader !== null) looked(deps, exchange, 'bypass', exchange.elapsedMs())
    return answer()
  }
  const startedMs = exchange.elapsedMs()
  const key = cache.sha256(keyOf(deps, cache, exchange, { body, targets }))
  const found = await find(deps, exchange, { key, use, context })
  if (found !== null && 'outbound' in found) {
    looked(deps, exchange, 'hit', startedMs, costOf(deps, targets[0], found.usage))
    return exchange.answer(found.outbound)
  }
  looked(deps, exchange, 'miss', startedMs)
  return keep(deps, exchange, { key, context, lead: found?.lead ?? null, target: targets[0] }, answer)
}

function looked(
  { cache }: PipelineDeps,
  exchange: Exchange,
  result: CacheResult,
  startedMs: number,
  savedMicroUsd = 0,
): void {
  cache?.onLookup(result, savedMicroUsd)
  exchange.decided('cache', result, startedMs)
}

/** What an answer would have cost at the first place of its model; 0 where nobody knows. */
function costOf({ spending, clock }: PipelineDeps, target: Target | undefined, usage: Usage): number {
  const prices = target === undefined ? null : pricesOf(spending.prices, target, clock.wallMs())
  return prices === null ? 0 : billMicroUsd(usage, prices)
}

/** An answer out of the cache, not yet settled, and what it had used when it was made. */
interface Found {
  readonly outbound: Outbound
  readonly usage: Usage
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
): Promise<Found | { readonly lead: Lead<Uint8Array> } | null> {
  const { cache, clock, scheduler, timeouts } = deps
  if (cache === null || !use.mayRead) return null
  const cached = await cache.store.getCached(key, clock.wallMs(), use.ageMaxMs)
  if (cached !== null) return serve(deps, exchange, context, cached)
  const flight = cache.flights.join(key)
  if ('lead' in flight) return flight
  const patience = Promise.withResolvers<null>()
  const cancel = scheduler.after(timeouts.pingMs, () => patience.resolve(null))
  const body = await Promise.race([flight.follow, patience.promise])
  cancel()
  return body === null ? null : serve(deps, exchange, context, { body, ageMs: 0 })
}

function serve(
  { clock }: PipelineDeps,
  exchange: Exchange,
  { request }: DecodeContext,
  { body, ageMs }: { body: Uint8Array; ageMs: number },
): Found {
  const { surface, requestId } = exchange.inbound
  const options = { requestId, wallMs: clock.wallMs(), request }
  const headers = new Headers({ 'x-lynkr-cache': 'hit', age: String(Math.floor(ageMs / 1_000)) })
  headers.set('content-type', request.stream ? 'text/event-stream; charset=utf-8' : 'application/json')
  exchange.fromCache()
  const response = readCached(body)
  return { outbound: { status: 200, headers, body: encodeCached(response, surface, options) }, usage: response.usage }
}

async function keep(
  { cache, upstreams, framings, clock }: PipelineDeps,
  exchange: Exchange,
  { key, context, lead, target }: Slot & { lead: Lead<Uint8Array> | null; target: Target | undefined },
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const onWhole = (response: ChatResponse | null, bytes: number): void => {
    // What a fallback answered must not be given again as the first choice's answer.
    const isKept =
      exchange.target === target &&
      response !== null &&
      mayKeep({ status: 200, reason: response.reason, bytes }, KEPT_BYTES_MAX)
    const stored = isKept ? new TextEncoder().encode(JSON.stringify(withUsage(response, context, exchange))) : null
    lead?.end(stored)
    if (stored !== null) void cache?.store.putCached(key, stored, clock.wallMs())
  }
  try {
    const outbound = await answer()
    outbound.headers.set('x-lynkr-cache', 'miss')
    const upstream = upstreams[exchange.inbound.surface.id]
    const { openFramer } = framings.sse
    return keepBody(outbound, { upstream, context, openFramer, bytesMax: KEPT_BYTES_MAX, onWhole })
  } catch (thrown) {
    lead?.end(null)
    throw thrown
  }
}

/** A client that asked for no usage in its stream was not told any; who asks next may want it. */
function withUsage(response: ChatResponse, { request }: DecodeContext, { usage }: Exchange): ChatResponse {
  return usage === null || !request.stream || request.wantsStreamUsage ? response : { ...response, usage }
}

/**
 * What the answer is decoded and written with; `null` for a request that lynkr cannot read whole, which is not cached: nor
 * is one that stands on a conversation at the provider, where it adds an answer that is gone on from.
 */
function tryContext(
  { inbound }: Exchange,
  { envelope }: RequestBody,
  targets: readonly Target[],
): DecodeContext | null {
  const { surface } = inbound
  if (surface.chaining !== undefined && surface.chaining.previousId(envelope) !== null) return null
  if (wantsUnkept(envelope.json)) return null
  try {
    const profile = { model: targets[0]?.model ?? envelope.model, quirks: {} }
    return { request: surface.decodeRequest(envelope), profile }
  } catch (thrown) {
    if (thrown instanceof ProxyError) return null
    throw thrown
  }
}

/** Parts of an answer that are not kept: how likely its words were, and sound. */
function wantsUnkept({ logprobs, top_logprobs: top, include, audio }: Readonly<Record<string, unknown>>): boolean {
  const isListed = Array.isArray(include) && include.includes('message.output_text.logprobs')
  return logprobs === true || (typeof top === 'number' && top > 0) || isListed || (audio ?? null) !== null
}

function keyOf(deps: PipelineDeps, cache: AnswerCache, exchange: Exchange, { body, targets }: Resumed): string {
  const { headers, surface, label } = exchange.inbound
  const { json } = body.envelope
  return cacheKeyText({
    surface: `${surface.id} ${label}`,
    provider: targets[0]?.provider.id ?? '',
    model: targets[0]?.model ?? '',
    json,
    headers: TELLING_HEADERS.map((name) => [name, headers.get(name) ?? ''] as const),
    scope: scopeOf(deps, cache, exchange, targets),
  })
}

/**
 * Who sees an answer again: the same lynkr key, or all of them where the operator says so; without keys, who shows the
 * same credential. An account of the client's own keeps its answers to itself, whatever is shared. Credentials count as
 * their hash.
 */
function scopeOf(
  deps: PipelineDeps,
  { isShared, sha256 }: AnswerCache,
  { inbound, principal }: Exchange,
  targets: readonly Target[],
): string {
  const own = targets.map(({ provider }) => ownCredential(deps, inbound, provider)).find((one) => one !== null)
  const account = own === undefined ? '' : sha256(own.value.reveal())
  if (principal.keyId !== null) return `${isShared ? '' : `key ${principal.keyId}`} ${account}`
  const { headers } = inbound
  const shown = `${headers.get('authorization') ?? ''}\n${headers.get('x-api-key') ?? ''}`
  return `shown ${sha256(shown)} ${account}`
}
