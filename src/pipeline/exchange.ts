import { ANONYMOUS, type Principal } from '../auth/principal.ts'
import { assert } from '../core/assert.ts'
import type { Envelope } from '../core/dialect.ts'
import { type ProxyError, toProxyError } from '../core/errors.ts'
import { ASKED_MODEL_CHARS_MAX } from '../core/limits.ts'
import type { DecisionRecord, Outcome, RequestRecord } from '../core/record.ts'
import type { RequestClass } from '../core/request-class.ts'
import type { Provider, Target } from '../core/target.ts'
import type { TraceContext } from '../core/traceparent.ts'
import type { Usage } from '../core/usage.ts'
import type { Strip } from '../dialect/strips/strip-table.ts'
import { lessUrgent } from '../resilience/request-class.ts'
import { AttemptLog } from './attempt-log.ts'
import { Bill } from './bill.ts'
import { credentialsOf, rotationStart } from './credentials.ts'
import { ownCredential } from './own-credential.ts'
import { type Inbound, isStream, type Outbound, type PipelineDeps } from './ports.ts'
import { sessionOf } from './session.ts'
import { chargedUsage } from './unpriced.ts'
import { byteLength, estimateLeft } from './usage-estimate.ts'

/** What a lane knows about an answer when it is over. */
export interface AnswerFacts {
  readonly usage: Usage | null
  readonly isUsageEstimated: boolean
  readonly model: string | null
  readonly repairs: number
}

/** One list each for the many requests about which nothing had to be decided, and of which no server refused anything. */
const NO_DECISIONS: readonly DecisionRecord[] = Object.freeze([])
const NO_LESSONS: readonly Strip[] = Object.freeze([])

const NOTHING_ANSWERED: AnswerFacts = { usage: null, isUsageEstimated: false, model: null, repairs: 0 }

/**
 * The account of one request, from arrival to its last byte. Whoever ends the request calls `settle`, in `finally`;
 * the first call counts, and makes the one record that log, metrics and ledger are written from.
 */
export class Exchange {
  readonly inbound: Inbound
  /** What it holds of limits and budgets. */
  readonly bill: Bill
  readonly #deps: PipelineDeps
  #isSettled = false
  #principal: Principal = ANONYMOUS
  #requestClass: RequestClass | null = null
  #envelope: Envelope | null = null
  #session: string | null | undefined = undefined
  #requestBytes = 0
  #responseBytes = 0
  #firstByteMs: number | null = null
  #target: Target | null = null
  #lane: RequestRecord['lane'] = 'none'
  readonly #attempts: AttemptLog
  #decisions = NO_DECISIONS
  #status = 0
  #dropped: readonly string[] = []
  #lessons = NO_LESSONS
  #teacher: Target | null = null
  #shouldRetry: boolean | null = null
  #usage: Usage | null = null
  #credential: string | null = null
  #keyStart: number | null = null

  constructor(deps: PipelineDeps, inbound: Inbound) {
    this.#deps = deps
    this.inbound = inbound
    this.bill = new Bill(deps)
    this.#attempts = new AttemptLog(deps, inbound)
    deps.protections.open.add(inbound)
    deps.protections.listener.onInflight(1)
  }

  get requestBytes(): number {
    return this.#requestBytes
  }

  /** The lane of the last attempt, `none` before the first. Only on `passthrough` does an upstream's error go on as it came. */
  get lane(): RequestRecord['lane'] {
    return this.#lane
  }

  /** Whether the upstream account is the client's: it sent its own credential, or lynkr asks for no keys. Its limits are told then. */
  get ownsAccount(): boolean {
    if (this.#principal.kind === 'anonymous') return true
    return this.#target !== null && ownCredential(this.#deps, this.inbound, this.#target.provider) !== null
  }

  /** The target of the last attempt. */
  get target(): Target | null {
    return this.#target
  }

  /** What the client calls the session of this request; `null` if neither its headers nor what is read of its body say. */
  get session(): string | null {
    if (this.#session === undefined) this.#session = sessionOf(this.inbound.headers, this.#envelope?.json ?? {})
    return this.#session
  }

  /** Name of the credential of the last attempt at a chat; `null` before the first. */
  get credential(): string | null {
    return this.#credential
  }

  /** Where the rotation of keys starts. */
  get keyStart(): number {
    this.#keyStart ??= rotationStart(this.session, this.#deps.random)
    return this.#keyStart
  }

  /** Starts the rotation of keys with this credential, if the provider still has it, whatever the session says. */
  startWith(credential: string | null, provider: Provider): void {
    const at = credential === null ? -1 : credentialsOf(provider).indexOf(credential)
    if (at !== -1) this.#keyStart = at
  }

  /** What the upstream said that the answer used; `null` before its end, or if it said nothing. */
  get usage(): Usage | null {
    return this.#usage
  }

  get principal(): Principal {
    return this.#principal
  }

  /** What the request is for, by its headers, as far as its key allows. */
  get requestClass(): RequestClass {
    return this.#requestClass ?? this.inbound.requestClass
  }

  admitted(principal: Principal): void {
    this.#principal = principal
    this.#requestClass = lessUrgent(principal.scopes.priority, this.inbound.requestClass)
  }

  asked(envelope: Envelope, requestBytes: number): void {
    this.#envelope = envelope
    this.#requestBytes = requestBytes
  }

  attempting(target: Target, lane: RequestRecord['lane'], dropped: readonly string[], credential?: string): void {
    this.#target = target
    this.#credential = credential ?? null
    this.#lane = lane
    this.#dropped = dropped
    this.#attempts.begin(target)
    if (this.#attempts.count > 1) this.#deps.protections.listener.onRetry(target.provider.id)
  }

  /** What the request lost on its way, and the answer on its. */
  get dropped(): readonly string[] {
    return this.#dropped
  }

  /** Replaces what the attempt under way, or the kept answer, leaves out of the request. */
  dropping(dropped: readonly string[]): void {
    this.#dropped = dropped
  }

  /** Remembers all that this target has refused of the request so far: its next attempt begins without. */
  learnt(target: Target, strips: readonly Strip[]): void {
    this.#teacher = target
    this.#lessons = strips
  }

  lessonsOf(target: Target): readonly Strip[] {
    return this.#teacher === target ? this.#lessons : NO_LESSONS
  }

  /** Notes that the answer holds something that this client's dialect cannot express. */
  losing(name: string): void {
    if (!this.#dropped.includes(name)) this.#dropped = [...this.#dropped, name]
  }

  /** The answer comes out of the cache: no upstream is asked. */
  fromCache(): void {
    this.#lane = 'cache'
  }

  /** Since the request's start, in ms. */
  elapsedMs(): number {
    return this.#deps.clock.nowMs() - this.inbound.startedMs
  }

  /** @param startedMs `elapsedMs()` from when the decision was looked for */
  decided(about: DecisionRecord['about'], result: DecisionRecord['result'], startedMs: number): void {
    this.#decisions = [...this.#decisions, { about, result, startedMs, durationMs: this.elapsedMs() - startedMs }]
  }

  /** Whether the client went away while an attempt was under way. */
  get wasLeft(): boolean {
    return this.#attempts.told.at(-1)?.errorKind === 'client_closed'
  }

  /** The trace context that the attempt under way sends upstream. */
  get trace(): TraceContext {
    return this.#attempts.trace
  }

  /** The attempt under way came to nothing; another may follow. */
  attemptFailed(error: ProxyError): void {
    this.#attempts.end(error)
  }

  /** No attempt follows. @param shouldRetry what `x-should-retry` tells the client; `null`: the header is left out */
  concluded(shouldRetry: boolean | null): void {
    this.#shouldRetry = shouldRetry
  }

  get shouldRetry(): boolean | null {
    return this.#shouldRetry
  }

  answered(status: number): void {
    this.#status = status
  }

  /**
   * Ends the account with a whole answer, and hands it back.
   *
   * @param error what a bad status says, or `null`
   */
  answer(outbound: Outbound, facts?: AnswerFacts, error: ProxyError | null = null): Outbound {
    this.answered(outbound.status)
    if (!isStream(outbound.body)) this.wrote(outbound.body)
    this.settle(error, facts)
    return outbound
  }

  /** What is charged to a client that left before anything was answered: its prompt, estimated. */
  get unanswered(): AnswerFacts {
    return { ...NOTHING_ANSWERED, usage: estimateLeft(null, 0, this.#requestBytes), isUsageEstimated: true }
  }

  /** Counts bytes that went to the client; the first ones are the commit point. */
  wrote(written: Uint8Array | string): void {
    this.#firstByteMs ??= this.elapsedMs()
    this.#responseBytes += byteLength(written)
  }

  /** Ends the account. Only the first call has an effect, so that every holder may settle in `finally`. */
  settle(thrown: unknown, facts: AnswerFacts = NOTHING_ANSWERED): void {
    if (this.#isSettled) return
    this.#isSettled = true
    if (!facts.isUsageEstimated) this.#usage = facts.usage
    this.#deps.protections.open.delete(this.inbound)
    this.#deps.protections.listener.onInflight(-1)
    const error = thrown === null ? null : toProxyError(thrown)
    assert(error !== null || this.#status !== 0, 'a request without an error has a status')
    this.#attempts.end(error)
    this.#deps.onSettled(this.#record(error, facts), error)
  }

  #record(error: ProxyError | null, facts: AnswerFacts): RequestRecord {
    const { inbound } = this
    return {
      requestId: inbound.requestId,
      traceId: inbound.trace.traceId,
      spanId: inbound.trace.spanId,
      parentSpanId: inbound.trace.parentId,
      isSampled: inbound.trace.isSampled,
      surface: inbound.label,
      stream: this.#envelope?.stream ?? false,
      keyId: this.#principal.keyId,
      user: this.#principal.user,
      team: this.#principal.team,
      sessionId: this.session,
      modelAsked: this.#envelope?.model ?? null,
      modelUsed: facts.model?.slice(0, ASKED_MODEL_CHARS_MAX) ?? (this.#target?.model || null),
      provider: this.#target?.provider.id ?? null,
      lane: this.#lane,
      attempts: this.#attempts.count,
      attemptList: this.#attempts.told,
      decisions: this.#decisions,
      status: error?.kind === 'client_closed' ? 499 : this.#status,
      outcome: outcomeOf(error, this.#status),
      errorKind: error?.kind ?? null,
      usage: facts.usage,
      isUsageEstimated: facts.isUsageEstimated,
      costMicroUsd: this.bill.close(this.#target, chargedUsage(facts, this.#envelope, this.#dropped)),
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      startedWallMs: inbound.startedWallMs,
      firstByteMs: this.#firstByteMs,
      durationMs: this.elapsedMs(),
      repairs: facts.repairs,
      dropped: this.#dropped,
    }
  }
}

/** How a request ended. An error after a good status was committed: only a stream can end like that. */
export function outcomeOf(error: ProxyError | null, status: number): Outcome {
  if (error === null) return 'ok'
  if (error.kind === 'client_closed') return 'client_closed'
  if (error.kind === 'internal') return 'internal_error'
  if (status === 200) return 'truncated'
  return error.kind.startsWith('upstream_') ? 'upstream_failed' : 'refused'
}
