import type { OwnCredential } from '../auth/credentials.ts'
import { ProxyError } from '../core/errors.ts'
import type { RequestClass } from '../core/request-class.ts'
import type { Secret } from '../core/secret.ts'
import type { Target } from '../core/target.ts'
import {
  admit,
  type Breaker,
  type BreakerOutcome,
  type Permit as BreakerPermit,
  isProbe,
  OPEN,
  PROBING,
  settlePermit,
  untilProbeMs,
} from '../resilience/breaker.ts'
import { leave, sample, sampleWhole, tryEnter } from '../resilience/concurrency-limit.ts'
import { jitteredRetryAfterMs } from '../resilience/jittered-retry-after.ts'
import { earn } from '../resilience/retry-budget.ts'
import { type KeyChoice, selectKey } from '../resilience/select-key.ts'
import { credentialsOf, keyOf } from './credentials.ts'
import { ownMissing } from './own-credential.ts'
import type { PipelineDeps } from './ports.ts'
import type { TargetState } from './protections.ts'

export interface PermitQuestion {
  readonly target: Target
  readonly requestClass: RequestClass
  /** Credentials that this request has already been refused with. */
  readonly refused: ReadonlySet<string>
  /** Where the rotation of keys starts. */
  readonly start: number
  /** The client's own credential, if the target takes it and there is one. */
  readonly own: OwnCredential | null
}

/**
 * May this request be sent to this target now, and with which credential? Asks cooldowns, concurrency limit and
 * breaker, the breaker last, because a yes of a half-open one is a probe.
 *
 * A client's own credential has no cooldown here: what it must wait for is between the client and its vendor.
 *
 * @returns a permit, which its holder must settle once; or why not: `unauthenticated` where the client's own credential
 *   is missing, `upstream_rate_limited` while every credential cools, `overloaded` if the target bears no more of this
 *   class, `circuit_open`. Nothing was sent then.
 */
export function askPermit(deps: PipelineDeps, question: PermitQuestion): AttemptPermit | ProxyError {
  const { target, requestClass, own } = question
  const { protections } = deps
  const nowMs = deps.clock.nowMs()
  if (own === null && target.provider.credential === 'client') return ownMissing(target.provider)
  const choice = own === null ? chooseKey(deps, question, nowMs) : OWN
  if (choice.type === 'cooling') return cooling(target, choice.retryAfterMs)
  const state = protections.stateOf(target, nowMs)
  if (!tryEnter(state.limit, requestClass)) return targetFull(deps, target)
  const breaker = protections.breakers.get(target.provider.id, target.model, nowMs)
  const admission = admit(breaker, nowMs)
  if (admission !== OPEN && admission !== PROBING) {
    return new AttemptPermit(deps, { target, credential: choice.credential, own, state, breaker, admission })
  }
  leave(state.limit)
  return circuitOpen(target, untilProbeMs(breaker, nowMs))
}

const OWN = { type: 'key', credential: 'own' } as const

/** The target's credential that is next, of those that have not refused the request. */
export function chooseKey(
  { protections }: Pick<PipelineDeps, 'protections'>,
  question: Pick<PermitQuestion, 'target' | 'refused' | 'start'>,
  nowMs: number,
): KeyChoice {
  const { target, start } = question
  return selectKey(protections.cooldowns, { credentials: keysLeft(question), model: target.model, start, nowMs })
}

/** Names of the target's credentials that have not refused the request. */
export function keysLeft({ target, refused }: Pick<PermitQuestion, 'target' | 'refused'>): readonly string[] {
  const all = credentialsOf(target.provider)
  return refused.size === 0 ? all : all.filter((name) => !refused.has(name))
}

interface Held {
  readonly target: Target
  readonly credential: string
  readonly own: OwnCredential | null
  readonly state: TargetState
  readonly breaker: Breaker
  readonly admission: BreakerPermit
}

/** Leave to send one request: a place at the target and a word to its breaker, both given back once by `settle`. */
export class AttemptPermit {
  readonly #deps: PipelineDeps
  readonly #held: Held
  readonly #startedMs: number
  #isSent = false
  #hasFirstEvent = false
  #hasToldBreaker = false
  #isSettled = false

  constructor(deps: PipelineDeps, held: Held) {
    this.#deps = deps
    this.#held = held
    this.#startedMs = deps.clock.nowMs()
  }

  get credential(): string {
    return this.#held.credential
  }

  /** The client's own credential; it goes instead of a key. */
  get own(): OwnCredential | null {
    return this.#held.own
  }

  get key(): Secret | null {
    return keyOf(this.#held.target.provider, this.#held.credential)
  }

  /** From here on there is an attempt: what is refused before is none. */
  sending(): void {
    this.#isSent = true
  }

  /** The stream shows its first content. A probe has succeeded with it; waiting for a long answer's end would shut others out. */
  firstEvent(): void {
    if (this.#hasFirstEvent) return
    this.#hasFirstEvent = true
    const { breaker, admission, state } = this.#held
    const nowMs = this.#deps.clock.nowMs()
    sample(state.limit, nowMs - this.#startedMs, nowMs)
    if (isProbe(breaker, admission)) this.#tellBreaker('success', nowMs)
  }

  /**
   * The attempt is over; only the first call counts.
   *
   * @param error what it ended in, or `null`
   * @param outcome what that says about the target, where it is not what the error's kind says
   */
  settle(error: ProxyError | null, outcome: BreakerOutcome = error === null ? 'success' : error.traits.outcome): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const { target, state, own } = this.#held
    const nowMs = this.#deps.clock.nowMs()
    leave(state.limit)
    if (outcome === 'success') {
      earn(state.retryBudget, nowMs)
      if (!this.#hasFirstEvent) sampleWhole(state.limit, nowMs)
    }
    const wasDropped = outcome === 'dropped' || (error?.kind === 'upstream_timeout' && outcome === 'failure')
    // One client's limit says nothing about what the target bears from others.
    const isOwnLimit = own !== null && error?.kind === 'upstream_rate_limited'
    if (wasDropped && !this.#hasFirstEvent && !isOwnLimit) sample(state.limit, null, nowMs)
    if (error !== null && own === null) this.#rest(error, nowMs)
    this.#tellBreaker(outcome, nowMs)
    if (this.#isSent) this.#deps.protections.listener.onAttempt(target.provider.id, outcome)
  }

  /** Once only: a probe that was settled at its first event has given its place back. */
  #tellBreaker(outcome: BreakerOutcome, nowMs: number): void {
    const { breaker, admission, target } = this.#held
    if (this.#hasToldBreaker) return
    this.#hasToldBreaker = true
    const state = settlePermit(breaker, admission, outcome, nowMs)
    if (state !== null) this.#deps.protections.listener.onBreakerChange(target, state)
  }

  #rest(error: ProxyError, nowMs: number): void {
    const { cooldowns } = this.#deps.protections
    const { credential, target } = this.#held
    if (error.kind === 'upstream_rate_limited') {
      cooldowns.cool(credential, target.model, error.detail.retryAfterMs ?? 0, nowMs)
    } else if (error.traits.tries === 'next_key') cooldowns.mark(credential, nowMs)
  }
}

/** Why a target is not asked while its credentials rest. */
export function cooling({ provider, model }: Target, retryAfterMs: number): ProxyError {
  return new ProxyError('upstream_rate_limited', `${provider.id} asked to wait before ${model} is used again`, {
    detail: { retryAfterMs },
  })
}

function targetFull(deps: PipelineDeps, { provider, model }: Target): ProxyError {
  return new ProxyError('overloaded', `${provider.id} bears no more requests for ${model} at once`, {
    detail: { retryAfterMs: jitteredRetryAfterMs(deps.random) },
  })
}

function circuitOpen({ provider, model }: Target, retryAfterMs: number): ProxyError {
  return new ProxyError('circuit_open', `${provider.id} has failed too often with ${model} and is given a rest`, {
    detail: { retryAfterMs },
  })
}
