import { cacheUse, mayKeep } from '../cache/admission.ts'
import type { Lead } from '../cache/single-flight.ts'
import type { DecodeContext } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import type { ChatResponse } from '../core/response.ts'
import type { CachedAnswer } from '../core/store.ts'
import type { Usage } from '../core/usage.ts'
import { answerKey } from './answer-key.ts'
import { costOf } from './bill.ts'
import type { Exchange } from './exchange.ts'
import { keepBody } from './keep-body.ts'
import { refuseLoss, tellLoss } from './loss.ts'
import type { AnswerCache, CacheResult, Outbound, PipelineDeps } from './ports.ts'
import type { Resumed } from './resume.ts'
import { writeAnswer } from './write-answer.ts'

/** Largest answer that is kept, as bytes of its client's wire form; more is an export and no answer. */
const KEPT_BYTES_MAX = 1024 * 1024

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
  return cache === null ? answer() : lookUp({ deps, cache, exchange, resumed }, answer)
}

/** A request that may have been answered before. */
interface Question {
  readonly deps: PipelineDeps
  readonly cache: AnswerCache
  readonly exchange: Exchange
  readonly resumed: Resumed
}

async function lookUp(question: Question, answer: () => Promise<Outbound>): Promise<Outbound> {
  const { deps, cache, exchange, resumed } = question
  const { headers } = exchange.inbound
  const wishes = { lynkrHeader: headers.get('x-lynkr-cache'), cacheControl: headers.get('cache-control') }
  const use = cacheUse({ isEnabled: cache.isOnFor(resumed.body.envelope.model), ...wishes })
  const context = use.mayRead || use.mayStore ? tryContext(exchange, resumed) : null
  if (context === null) {
    if (wishes.lynkrHeader !== null) looked(question, 'bypass', exchange.elapsedMs())
    return answer()
  }
  const startedMs = exchange.elapsedMs()
  const slot = { ...question, key: answerKey(deps, cache, exchange, resumed), context }
  const found = use.mayRead ? await find(slot, use.ageMaxMs) : null
  if (found !== null && 'outbound' in found) {
    looked(question, 'hit', startedMs, savedBy(question, found.usage))
    return exchange.answer(found.outbound)
  }
  looked(question, 'miss', startedMs)
  return keep(slot, found?.lead ?? null, answer)
}

function looked({ cache, exchange }: Question, result: CacheResult, startedMs: number, savedMicroUsd = 0): void {
  cache.onLookup(result, savedMicroUsd)
  exchange.decided('cache', result, startedMs)
}

/** What an answer would have cost at the first place of its model; 0 where nobody knows. */
function savedBy({ deps: { spending, clock }, resumed: { targets } }: Question, usage: Usage): number {
  const [target] = targets
  return target === undefined ? 0 : (costOf(spending.prices, target, usage, clock.wallMs()) ?? 0)
}

/** Where the answer to a question is kept, and what it is read and written with. */
interface Slot extends Question {
  readonly key: string
  readonly context: DecodeContext
}

/** An answer out of the cache, not yet settled, and what it had used when it was made. */
interface Found {
  readonly outbound: Outbound
  readonly usage: Usage
}

/** @returns the answer; or the flight to lead; or `null` to go alone */
async function find(slot: Slot, ageMaxMs: number | null): Promise<Found | { readonly lead: Lead<Uint8Array> } | null> {
  const { cache, key } = slot
  const { clock, scheduler, timeouts } = slot.deps
  const cached = await cache.store.getCached(key, clock.wallMs(), ageMaxMs)
  if (cached !== null) return serve(slot, cached)
  const flight = cache.flights.join(key)
  if ('lead' in flight) return flight
  const patience = Promise.withResolvers<null>()
  const cancel = scheduler.after(timeouts.pingMs, () => patience.resolve(null))
  const body = await Promise.race([flight.follow, patience.promise])
  cancel()
  return body === null ? null : serve(slot, { body, ageMs: 0 })
}

function serve({ deps, exchange, context: { request } }: Slot, { body, ageMs }: CachedAnswer): Found {
  const { surface, requestId, headers } = exchange.inbound
  const { dropped = NOTHING, ...response } = readCached(body)
  refuseLoss(dropped, headers, deps.isStrict)
  exchange.fromCache()
  exchange.dropping(dropped)
  const outbound = writeAnswer(response, surface, { requestId, wallMs: deps.clock.wallMs(), request })
  tellLoss(outbound.headers, dropped)
  outbound.headers.set('x-lynkr-cache', 'hit')
  outbound.headers.set('age', String(Math.floor(ageMs / 1_000)))
  return { outbound, usage: response.usage }
}

/** An answer as it is kept. */
interface Kept extends ChatResponse {
  /** What was lost on the way to it. */
  readonly dropped?: readonly string[]
}

const NOTHING: readonly string[] = Object.freeze([])

/** Reads what the cache kept. Only lynkr writes there, so that its shape is known. */
function readCached(body: Uint8Array): Kept {
  // Written by `JSON.stringify` of the same type; the key is a hash that nobody else can write under.
  return parseExact(new TextDecoder().decode(body)) as Kept
}

async function keep(
  { deps, cache, exchange, resumed, key, context }: Slot,
  lead: Lead<Uint8Array> | null,
  answer: () => Promise<Outbound>,
): Promise<Outbound> {
  const { upstreams, framings, clock } = deps
  const onWhole = (response: ChatResponse | null, bytes: number): void => {
    // What a fallback answered must not be given again as the first choice's answer.
    const isKept =
      exchange.target === resumed.targets[0] &&
      response !== null &&
      mayKeep({ status: 200, reason: response.reason, bytes }, KEPT_BYTES_MAX)
    const stored = isKept ? encodeKept(withUsage(response, context, exchange), exchange) : null
    lead?.end(stored)
    if (stored !== null) void cache.store.putCached(key, stored, clock.wallMs())
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

function encodeKept(response: ChatResponse, { dropped }: Exchange): Uint8Array {
  const kept: Kept = dropped.length === 0 ? response : { ...response, dropped }
  return new TextEncoder().encode(JSON.stringify(kept))
}

/** A client that asked for no usage in its stream was not told any; who asks next may want it. */
function withUsage(response: ChatResponse, { request }: DecodeContext, { usage }: Exchange): ChatResponse {
  return usage === null || !request.stream || request.wantsStreamUsage ? response : { ...response, usage }
}

/**
 * What the answer is decoded and written with; `null` for a request that is not cached: one that lynkr cannot decode, and
 * one that belongs to a conversation at the provider, which an answer from the cache would be missing in.
 */
function tryContext(
  { inbound: { surface } }: Exchange,
  { body: { envelope }, targets }: Resumed,
): DecodeContext | null {
  if (surface.chaining !== undefined && surface.chaining.previousId(envelope) !== null) return null
  if (surface.threads !== undefined && surface.threads.asks(envelope) !== null) return null
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
