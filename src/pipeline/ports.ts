import type { OwnCredential } from '../auth/credentials.ts'
import type { Principal } from '../auth/principal.ts'
import type { SingleFlight } from '../cache/single-flight.ts'
import type { Clock, Scheduler } from '../core/clock.ts'
import type { DialectId, Surface, Upstream } from '../core/dialect.ts'
import type { ProxyError } from '../core/errors.ts'
import type { Framing, FramingId } from '../core/framing.ts'
import type { Outliner } from '../core/json-outline.ts'
import type { Random } from '../core/random.ts'
import type { RequestRecord, SurfaceLabel } from '../core/record.ts'
import type { RequestClass } from '../core/request-class.ts'
import type { Signers } from '../core/signer.ts'
import type { ResponseCacheStore } from '../core/store.ts'
import type { Target } from '../core/target.ts'
import type { TraceContext } from '../core/traceparent.ts'
import type { Transport } from '../core/transport.ts'
import type { FairTurns } from '../resilience/fair-turns.ts'
import type { CapabilityMap } from '../routing/capability-map.ts'
import type { FormChooser } from '../routing/forms.ts'
import type { Router } from '../routing/router.ts'
import type { Conversations } from './conversations.ts'
import type { Interruptible, Protections } from './protections.ts'
import type { Spending } from './spending.ts'

/** One request as the HTTP room hands it in. */
export interface Inbound extends Interruptible {
  readonly requestId: string
  readonly trace: TraceContext
  readonly surface: Surface
  readonly label: SurfaceLabel
  readonly headers: Headers
  /** As it stood in the request line. */
  readonly path: string
  /** With its `?`, or `''`. */
  readonly query: string
  readonly startedMs: number
  readonly startedWallMs: number
  /** Aborts as soon as the client is gone, or by `interrupt`, with the `ProxyError` as reason. */
  readonly signal: AbortSignal
  /** Aborts this together with `signal`, at once if that has aborted. Replaces the one given before; `null` for none. */
  follow(abort: AbortController | null): void
  /** What the request is for, by its headers; its key may allow less. */
  readonly requestClass: RequestClass
  /** Names the connection that the request shares with others of its conversation; absent: it came alone. */
  readonly connection?: string
  /** Reads the whole body under its limit. Throws `request_too_large`, `client_closed`. */
  readBody(): Promise<Uint8Array>
  /** Whether nothing is to be generated yet, once the body is read; absent: an answer is wanted. */
  isWarmUp?(): boolean
}

/** What the client gets: a whole body, or a stream that is written as it comes. */
export interface Outbound {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array | string | StreamBody
}

export function isStream(body: Outbound['body']): body is StreamBody {
  return typeof body === 'object' && 'run' in body
}

/** Exactly one of the two is called, once. Both settle the request. */
export interface StreamBody {
  /** Writes the stream until its end. Never throws: what goes wrong becomes the dialect's error event. */
  run(sink: Sink): Promise<void>
  /** The client was gone before anything could be written. */
  abandon(): void
}

/** The client's side of a stream. A promise means backpressure: wait before writing more. */
export interface Sink {
  write(chunk: Uint8Array | string): Promise<void> | void
}

/** Asks providers what they have, beside the requests and never in their way. */
export interface Discovery {
  /** Asks each now, unless it is being asked. Never rejects: who does not answer keeps the list it had. */
  refresh(): Promise<void>
  /** Resolves when the first round is over, or has taken too long for somebody to wait; at once where nobody is ever asked. */
  ready(): Promise<void>
  close(): void
}

/** The response cache as the pipeline uses it: one per process, made by the composition root. */
export interface AnswerCache {
  readonly store: ResponseCacheStore
  readonly flights: SingleFlight<Uint8Array>
  /** Whether all lynkr keys see each other's answers; a client's own credential never shares. */
  readonly isShared: boolean
  /** Whether requests for this model use the cache without asking for it. */
  isOnFor(model: string): boolean
  sha256(text: string): string
  /** @param savedMicroUsd what a hit would have cost, where its price is known. Must not throw. */
  onLookup(result: CacheResult, savedMicroUsd?: number): void
}

/** `bypass`: the cache may not answer the request. */
export type CacheResult = 'hit' | 'miss' | 'bypass'

/** Everything the pipeline needs from outside, injected by the composition root. */
export interface PipelineDeps {
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly transport: Transport
  readonly upstreams: Readonly<Record<DialectId, Upstream>>
  readonly framings: Readonly<Record<FramingId, Framing>>
  /** What puts a credential on a request that no header can hold as it is. */
  readonly signers: Signers
  /** Whom a request comes from: anonymous where no keys are in force. Throws `unauthenticated`. */
  authenticate(headers: Headers, wallMs: number): Principal | Promise<Principal>
  /** What a request presents besides lynkr's keys: the client's own credential of its provider. */
  ownCredential(headers: Headers): OwnCredential | null
  readonly router: Router
  /** Reads of a long conversation no more than its shape; `null` parses every body as a whole. */
  readonly outline: Outliner | null
  /** Asks providers for their models, for the router. */
  readonly discovery: Discovery
  /** Which form of a vendor a request takes. */
  readonly forms: FormChooser
  /** Features that targets were found to refuse. */
  readonly capabilities: CapabilityMap
  /** A target refused these features; `isTaken`: it took the request without them, which is remembered. Must not throw. */
  onCapability(target: Target, names: readonly string[], isTaken: boolean): void
  /** Called once per request, after its last byte. Must not throw. */
  onSettled(record: RequestRecord, error: ProxyError | null): void
  /** Refuse what would lose features on the way into another dialect, instead of naming them. */
  readonly isStrict: boolean
  /** Mark what providers may cache, for clients that cannot ask for it. */
  readonly originatesCacheMarks: boolean
  readonly timeouts: Timeouts
  readonly protections: Protections
  /** Whose chunk moves next, when many streams have one. */
  readonly turns: FairTurns
  readonly spending: Spending
  /** Conversations that clients may resume by id. */
  readonly conversations: Conversations
  /** `null` where `RESPONSE_CACHE_ENABLED` is off. */
  readonly cache: AnswerCache | null
  /** Marks this instance in requests it sends, so that a request that comes back is refused. */
  readonly instanceId: string
}

/** All in ms. */
export interface Timeouts {
  /** From sending the request to the first meaningful frame, or to the whole answer where nothing streams. */
  readonly firstEventMs: number
  /** Between two reads of a stream. */
  readonly idleMs: number
  /** Silence towards the client after which a ping is written; also the longest wait before the commit. */
  readonly pingMs: number
}
