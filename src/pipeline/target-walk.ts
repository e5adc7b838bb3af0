import type { OwnCredential } from '../auth/credentials.ts'
import { assert } from '../core/assert.ts'
import type { ProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { clientRetryCount } from '../resilience/deadline.ts'
import { canRetry, trySpend } from '../resilience/retry-budget.ts'
import { decideRetry, RETRY, type RetryDecision } from '../resilience/retry-decision.ts'
import { saysNoEndpoint } from '../routing/forms.ts'
import { credentialsOf } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { ownCredential } from './own-credential.ts'
import { chooseKey, cooling, keysLeft } from './permit.ts'
import type { Inbound, PipelineDeps } from './ports.ts'

/** What is to be done after a failure: go on after a wait, or answer with this. */
export type Step =
  | { readonly type: 'go_on'; readonly delayMs: number }
  | { readonly type: 'answer'; readonly error: ProxyError; readonly shouldRetry: boolean | null }

/** A target that may be asked at that time. */
interface Later {
  readonly at: number
  readonly error: ProxyError
  readonly untilMs: number
}

/** Most requests are refused by no credential. */
const NOBODY_REFUSED: ReadonlySet<string> = new Set()

/** Where one request stands on its way over targets, keys and attempts. It decides; it neither sends nor waits. */
export class TargetWalk {
  readonly #deps: PipelineDeps
  readonly #inbound: Inbound
  #targets: readonly Target[]
  readonly #deadlineAtMs: number
  #at = 0
  #attempts = 0
  #attemptsHere = 0
  #refused = NOBODY_REFUSED
  /** The last failure of a request that was really sent: it tells the client more than our own refusals do. */
  #lastSent: ProxyError | null = null
  /** Of the targets that may be asked later, the first; and the first of those whose credentials only rest. */
  #soonest: Later | null = null
  #soonestRest: Later | null = null
  #missingForm: Target | null = null
  /** Where the rotation of keys starts. */
  readonly start: number

  constructor(deps: PipelineDeps, { inbound, keyStart }: Exchange, targets: readonly Target[], deadlineAtMs: number) {
    this.#deps = deps
    this.#inbound = inbound
    this.#targets = targets
    this.#deadlineAtMs = deadlineAtMs
    this.start = keyStart
  }

  get target(): Target {
    const target = this.#targets[this.#at]
    assert(target !== undefined, 'a route has targets')
    return target
  }

  /** The client's own credential, if the target takes it and there is one. */
  get own(): OwnCredential | null {
    return ownCredential(this.#deps, this.#inbound, this.target.provider)
  }

  /** Credentials that this target has refused. */
  get refused(): ReadonlySet<string> {
    return this.#refused
  }

  /** The target whose server has no such endpoint, where its provider's own form is asked instead. */
  get missingForm(): Target | null {
    return this.#missingForm
  }

  /** The request was sent and failed. */
  failed(sent: ProxyError, credential: string): Step {
    this.#attempts++
    this.#attemptsHere++
    this.#lastSent = sent
    if (this.#takesOwnForm(sent)) return { type: 'go_on', delayMs: 0 }
    const isLimited = sent.kind === 'upstream_rate_limited'
    const error = isLimited ? sent.afterMs(Math.max(sent.detail.retryAfterMs ?? 0, this.#restMs())) : sent
    if (isLimited) this.#note(error)
    const decision = this.#decide(error, this.#hasNextTarget)
    if (decision.type === 'next_key') this.#refused = new Set([...this.#refused, credential])
    if (decision.type !== 'give_up') return this.#follow(decision, error)
    if (isLimited || this.#onlyRests(sent, credential)) return this.#waitForSoonest(error)
    return this.#follow(decision, error)
  }

  /** A credential was refused, but another, here or at a target before, will do after its rest: that is waited for. */
  #onlyRests({ traits }: ProxyError, refused: string): boolean {
    if (traits.tries !== 'next_key' || this.own !== null) return false
    if (this.#soonestRest !== null) return true
    const { target } = this
    const restMs = this.#coolingMs(credentialsOf(target.provider).filter((name) => name !== refused))
    if (restMs === 0) return false
    this.#note(cooling(target, restMs))
    return true
  }

  /** The target could not be asked at all, which costs no attempt. */
  refusedHere(error: ProxyError): Step {
    this.#note(error)
    if (this.#hasNextTarget) return this.#follow({ type: 'next_target' }, error)
    return this.#waitForSoonest(error)
  }

  /** A server without this form of its vendor is asked at once in the form that its provider was configured for. */
  #takesOwnForm({ detail }: ProxyError): boolean {
    const { target } = this
    const { ownForm } = target
    if (ownForm === undefined || !saysNoEndpoint(detail.upstream?.status)) return false
    this.#targets = this.#targets.with(this.#at, ownForm)
    this.#missingForm = target
    return true
  }

  /** How long the credentials left here must rest: a 429 that does not say how long is given a rest all the same. */
  #restMs(): number {
    if (this.own !== null) return 0
    const choice = chooseKey(this.#deps, this, this.#deps.clock.nowMs())
    return choice.type === 'cooling' ? roundedUp(choice.retryAfterMs) : 0
  }

  /** The soonest end of those that cool; 0 if none does. */
  #coolingMs(credentials: readonly string[]): number {
    const { cooldowns } = this.#deps.protections
    const nowMs = this.#deps.clock.nowMs()
    const rests = credentials.map((name) => cooldowns.coolForMs(name, this.target.model, nowMs)).filter((ms) => ms > 0)
    return rests.length === 0 ? 0 : Math.min(...rests)
  }

  /** One that says of no time when it may be asked, as without the client's credential, is not waited for. */
  #note(error: ProxyError): void {
    const { retryAfterMs } = error.detail
    if (retryAfterMs === undefined) return
    const later = { at: this.#at, error, untilMs: this.#deps.clock.nowMs() + retryAfterMs }
    this.#soonest = sooner(this.#soonest, later)
    if (error.kind === 'upstream_rate_limited') this.#soonestRest = sooner(this.#soonestRest, later)
  }

  /** No other target is left: if one has rested soon enough, it is worth waiting for. A breaker's rest is not: it may fail. */
  #waitForSoonest(error: ProxyError): Step {
    const rest = this.#soonestRest
    if (rest !== null) {
      this.#at = rest.at
      this.#attemptsHere = 1
      const restMs = Math.max(0, rest.untilMs - this.#deps.clock.nowMs())
      const decision = this.#decide(rest.error.afterMs(roundedUp(restMs)), false)
      if (decision.type === 'retry') {
        this.#attempts++
        this.#refused = NOBODY_REFUSED
        this.#soonest = null
        this.#soonestRest = null
        return this.#follow(decision, rest.error)
      }
    }
    const final = this.#told(rest) ?? this.#soonest?.error ?? error
    const decision = this.#decide(final, false)
    return { type: 'answer', error: final, shouldRetry: decision.type === 'give_up' ? decision.shouldRetry : null }
  }

  /**
   * What the last request that was sent says. By the 401 of one credential a client would stop, and ask its user to log
   * in, where another only rests; in words of our own then: the upstream that asked for the rest may speak another
   * dialect than the one that was asked last.
   */
  #told(rest: Later | null): ProxyError | null {
    const sent = this.#lastSent
    if (sent?.traits.tries !== 'next_key' || rest === null) return sent
    return cooling(this.target, rest.error.detail.retryAfterMs ?? 0)
  }

  get #hasNextTarget(): boolean {
    return this.#at + 1 < this.#targets.length
  }

  #decide(error: ProxyError, hasNextTarget: boolean): RetryDecision {
    const nowMs = this.#deps.clock.nowMs()
    const { headers } = this.#inbound
    const { retryBudget } = this.#deps.protections.stateOf(this.target, nowMs)
    const facts = {
      error,
      attempts: this.#attempts,
      attemptsHere: Math.max(1, this.#attemptsHere),
      remainingMs: this.#deadlineAtMs - nowMs,
      clientRetryCount: clientRetryCount(headers.get('x-stainless-retry-count')),
      isClientCredential: this.own !== null,
      hasNextKey: this.#hasNextKey(nowMs),
      hasNextTarget,
      hasRetryToken: canRetry(retryBudget, nowMs),
    }
    return decideRetry(facts, RETRY, this.#deps.random)
  }

  /** A credential that failed just now is cooling or marked already; a marked one is worth a try, a refused one not. */
  #hasNextKey(nowMs: number): boolean {
    return keysLeft(this).length > 1 && chooseKey(this.#deps, this, nowMs).type === 'key'
  }

  #follow(decision: RetryDecision, error: ProxyError): Step {
    const nowMs = this.#deps.clock.nowMs()
    switch (decision.type) {
      case 'retry':
        trySpend(this.#deps.protections.stateOf(this.target, nowMs).retryBudget, nowMs)
        return { type: 'go_on', delayMs: decision.delayMs }
      case 'next_key':
        return { type: 'go_on', delayMs: 0 }
      case 'next_target':
        this.#at++
        this.#missingForm = null
        this.#attemptsHere = 0
        this.#refused = NOBODY_REFUSED
        return { type: 'go_on', delayMs: 0 }
      case 'give_up':
        return { type: 'answer', error, shouldRetry: decision.shouldRetry }
    }
  }
}

function sooner(one: Later | null, other: Later): Later {
  return one === null || other.untilMs < one.untilMs ? other : one
}

/** Timers know whole ms and may be a little early; who comes before the rest is over has waited for nothing. */
function roundedUp(restMs: number): number {
  return restMs === 0 ? 0 : Math.ceil(restMs) + 1
}
