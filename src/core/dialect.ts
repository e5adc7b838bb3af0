import type { CacheMarkPlaces } from './cache-marks.ts'
import type { DialectId } from './dialect-id.ts'
import type { ErrorEnvelope, ProxyError, UpstreamFailure } from './errors.ts'
import type { StreamEvent } from './event.ts'
import type { Quirks } from './quirks.ts'
import type { ChatRequest } from './request.ts'
import type { ChatResponse } from './response.ts'
import type { Usage } from './usage.ts'
import type { VendorCalls } from './vendor-calls.ts'

export type { DialectId, Quirks }

/** One record of a framed stream. `data` is a view, valid until the next `push` of its framer. */
export interface Frame {
  /** SSE `event:` field, or `''`. */
  readonly event: string
  readonly data: Uint8Array
}

/**
 * The top-level fields that lynkr acts on, checked, plus the parsed body they came from.
 * `json` has the shape the envelope check proved and nothing more.
 */
export interface Envelope {
  readonly model: string
  readonly stream: boolean
  readonly maxOutputTokens: number | null
  readonly json: Readonly<Record<string, unknown>>
  /** The same document for those who look at its shape: long texts in it may be cut to what they begin with. */
  readonly outline: Readonly<Record<string, unknown>>
}

/**
 * A tool as access lists know it. `name` is what must be allowed: the name under which the client offers a tool of its
 * own, for one that the vendor runs or types what its type says, without the date (`web_search`, `bash`), and
 * `mcp__NAME` for a whole MCP server that the vendor calls. `alias` is what it is also called, and must not be denied.
 */
export interface OfferedTool {
  readonly name: string
  readonly alias: string | null
  /** JSON path of the tool. */
  readonly path: string
  /** The model that a tool of the vendor's own asks, such as an advisor. Absent: none, or none is named. */
  readonly model?: string
}

/** A feature of the request that the target's dialect cannot express, by its canonical or wire path: `thinking.signature`. */
export type Dropped = string

/**
 * What a dialect's clients see. Everything here is synchronous and pure.
 * Decoders throw `ProxyError('invalid_request')` with the JSON path.
 */
export interface Surface {
  readonly id: DialectId
  readonly errorEnvelope: ErrorEnvelope
  /** Top-level keys that must not occur twice, because lynkr bills or routes by them. */
  readonly actedOnKeys: readonly string[]
  /**
   * Checks the envelope of a parsed body: the shape every later step relies on, not a closed schema.
   *
   * @param outline the same document, as `Envelope.outline`; absent: `json` itself
   */
  readEnvelope(json: unknown, outline?: unknown): Envelope
  decodeRequest(envelope: Envelope): ChatRequest
  /** Whether a body is not wholly of this dialect, and lynkr alone takes it: no server gets it as it came. Absent: never. */
  isMixed?(envelope: Envelope): boolean
  /** Throws `invalid_request` if the request says nothing that could be answered. Absent: `readEnvelope` does. */
  refuseUnsaid?(envelope: Envelope): void
  /** Top-level members that `toolsOf` reads. */
  readonly toolMembers: readonly string[]
  /** What the request lets the model use, in any form the dialect has; what is malformed is left to `decodeRequest`. */
  toolsOf(envelope: Envelope): readonly OfferedTool[]
  /**
   * What the request lets the vendor bill by the call; `null` where it is nothing. O(tools). Absent: no tool of this dialect
   * is billed so.
   */
  vendorCalls?(envelope: Envelope): VendorCalls | null
  /**
   * Members that limit the answer to `tokens`, by the names that the client used, else the surface's own; and those that
   * must be lowered with it, such as a budget for thinking.
   */
  limitOutput(envelope: Envelope, tokens: number): Readonly<Record<string, unknown>>
  /** Answer to a request that asks only how many tokens it has. Absent: `{input_tokens}` and nothing else. */
  encodeCount?(inputTokens: number): Readonly<Record<string, unknown>>
  encodeResponse(response: ChatResponse, options: EncoderOptions): Readonly<Record<string, unknown>>
  openEncoder(options: EncoderOptions): Encoder
  /** Body of an error before the commit point. */
  encodeError(error: ProxyError, requestId: string): Readonly<Record<string, unknown>>
  /** Wire text of an error after the commit point, its end included. */
  encodeErrorEvent(error: ProxyError, requestId: string): string
  /** Wire text that keeps an idle stream alive and that every client ignores. */
  readonly ping: string
  /** Absent: clients of this dialect always send the whole conversation. */
  readonly chaining?: Chaining
  /** Absent: vendors of this dialect keep conversations by `chaining` only, or not at all. */
  readonly threads?: Threads
}

/** How a client asks the vendor to keep the conversation. */
export interface Threads {
  /** Top-level member that asks for it. */
  readonly member: string
  /** Whether the request begins one, or goes on with one of which it holds only what is new. */
  asks(envelope: Envelope): 'begin' | 'go_on' | null
  /** Whether a server of this dialect keeps any. */
  isKeptAt(quirks: Quirks): boolean
}

/** How a client resumes from an earlier answer by its id, instead of sending everything again. All text is JSON. */
export interface Chaining {
  /** Id of the answer that the request resumes from, or `null`. */
  previousId(envelope: Envelope): string | null
  /** Path of a part of the prompt that stands in the request by its name at the vendor alone, so that nobody else knows its length; or `null`. */
  keptElsewhere(envelope: Envelope): string | null
  /** Whether the client may resume from the answer later, over another connection. */
  isKept(envelope: Envelope): boolean
  /** The request's own part of the conversation: items without the brackets around them. */
  itemsOf(envelope: Envelope): string
  /** Members to set so that `before` stands at the request's beginning, and no earlier answer is named. */
  withBefore(envelope: Envelope, before: string): Readonly<Record<string, unknown>>
  /** The whole answer that a stream's last frame holds; `null` for any other frame. */
  wholeAnswer(frame: Frame): unknown
  /** What a whole answer adds to the conversation; `null` if it cannot be resumed from. */
  chained(answer: unknown): ChainedAnswer | null
}

export interface ChainedAnswer {
  readonly id: string
  /** As of `itemsOf`. */
  readonly items: string
  /** The conversation's tokens up to its end, as the upstream counted them; 0 where it told none. */
  readonly tokens: number
}

export interface EncoderOptions {
  readonly requestId: string
  readonly wallMs: number
  readonly request: ChatRequest
}

/** Canonical events in, wire text out. A `finish` or `error` event yields the stream's end. */
export interface Encoder {
  push(event: StreamEvent): string
  /** As the surface's `encodeErrorEvent`, for dialects whose error event needs the response's id and its own number. */
  failing?(error: ProxyError): string
}

/** What must change in a request that passes through, for one server. */
export interface PassthroughFit {
  /** Top-level member → new value, or `undefined` to take it out. Empty where the client's bytes go on as they came. */
  readonly edits: Readonly<Record<string, unknown>>
  /** Features that the edits take out because this server would refuse them. */
  readonly lost: readonly Dropped[]
}

/** What a dialect's servers see. Everything here is synchronous and pure. */
export interface Upstream {
  readonly id: DialectId
  encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest
  /**
   * Where the server takes marks in the prompt that say what may be cached, at most four of them; `null` if the model
   * has none. Absent: the dialect has none.
   */
  cacheMarkPlaces?(profile: UpstreamProfile): CacheMarkPlaces | null
  /** What must change in a request of this very dialect on its way to this server. */
  fitPassthrough(envelope: Envelope, profile: UpstreamProfile): PassthroughFit
  /** Throws `ProxyError('upstream_malformed')` on what is not a response of this dialect, or the error that stands there. */
  decodeResponse(json: unknown, context: DecodeContext): ChatResponse
  openDecoder(context: DecodeContext): Decoder
  /** Turns a non-2xx answer into an error with the right kind and, where the wording matters to clients, a normalised message. */
  decodeError(failure: UpstreamFailure): ProxyError
  /**
   * The error that stands in the place of an answer, as some servers send one with 200, with the kind it deserves; `null`
   * where none does. Absent: servers of this dialect do not.
   */
  tryError?(json: unknown): ProxyError | null
  openMeter(): Meter
  /** Reads of a whole answer that passes through what accounting needs. Throws as `decodeResponse` on what is none. */
  meterResponse(json: unknown): AnswerMeter
  /** For answers that pass through; `null`, as where it is absent: such a server keeps to the dialect. */
  menderOf?(quirks: Readonly<Quirks>): Mender | null
}

/** Rewrites what a server spells in its own way to what the dialect has. `null`: there is nothing to rewrite. */
export interface Mender {
  /** Wire text in place of a frame. */
  frame(frame: Frame): string | null
  answer(json: unknown): Readonly<Record<string, unknown>> | null
}

export interface AnswerMeter {
  readonly usage: Usage | null
  readonly model: string | null
}

/**
 * What an answer is read against: the request as `encodeRequest` got it, and the profile it was encoded for.
 * Tool names that had to be shortened on the way out are restored from it.
 */
export interface DecodeContext {
  readonly request: ChatRequest
  readonly profile: UpstreamProfile
}

/** Differences between servers of one dialect, as data; each row of the provider table has one. */
export interface UpstreamProfile {
  /** Model name to send. */
  readonly model: string
  readonly quirks: Readonly<Quirks>
  /** Values of the client's `anthropic-beta`, for a server that has a say in them. */
  readonly betas?: readonly string[]
}

export interface EncodedRequest {
  readonly json: Readonly<Record<string, unknown>>
  readonly dropped: readonly Dropped[]
}

/** Frames in, canonical events out. `end` closes what the upstream left open: an unfinished stream ends in an error event. */
export interface Decoder {
  push(frame: Frame): readonly StreamEvent[]
  end(): readonly StreamEvent[]
}

/**
 * What a frame means to the commit point, told without decoding it.
 *
 * `prelude` start and pings: nothing a client could show · `content` the first or a later piece of the answer ·
 * `pause` a part of the answer is complete, perhaps the last · `finish` the answer is complete, its end may follow ·
 * `end` nothing follows · `error` the upstream says it failed
 */
export type FrameMeaning = 'prelude' | 'content' | 'pause' | 'finish' | 'end' | 'error'

/** Watches a stream that passes through untouched, and reads only what accounting and the commit point need. */
export interface Meter {
  push(frame: Frame): FrameMeaning
  /**
   * Whether the frame last pushed holds usage and nothing else, so that it can be withheld from a client that did not
   * ask for usage while lynkr did. Absent: this dialect has no such frame.
   */
  isUsageOnly?(): boolean
  /** Cumulative usage so far; `null` until the upstream reported any. */
  usage(): Usage | null
  /** The failure that an `error` frame reported. */
  error(): ProxyError | null
  /** Model that the upstream says it used, or `null`. */
  model(): string | null
  /** Bytes of answer seen so far, for an estimate where a stream ends without usage. */
  contentBytes(): number
  /**
   * Wire text that makes a stream well formed which stopped after its answer was complete (`finish` seen, no `end`);
   * `''` if it has its end; `null` if it was cut before, which only an error event can tell.
   */
  closing(): string | null
  /** As the surface's `encodeErrorEvent`, for dialects whose error event needs the response's id and its own number. */
  failing?(error: ProxyError, requestId: string): string
}
