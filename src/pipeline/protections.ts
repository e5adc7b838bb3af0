import type { ProxyError } from '../core/errors.ts'
import { BREAKERS_MAX, COOLDOWNS_MAX } from '../core/limits.ts'
import type { RequestClass } from '../core/request-class.ts'
import type { Target } from '../core/target.ts'
import { BREAKER, type BreakerOptions, type BreakerOutcome, type BreakerState } from '../resilience/breaker.ts'
import { type Breakers, openBreakers } from '../resilience/breakers.ts'
import {
  CONCURRENCY,
  type ConcurrencyLimit,
  type ConcurrencyOptions,
  newConcurrencyLimit,
} from '../resilience/concurrency-limit.ts'
import { type Cooldowns, openCooldowns } from '../resilience/cooldown.ts'
import { newRetryBudget, type RetryBudget } from '../resilience/retry-budget.ts'
import { newShedder, SHEDDER, type Shedder, type ShedderOptions } from '../resilience/shedder.ts'

/** Hears what the protections do, for metrics and log. Must not throw. */
export interface ProtectionListener {
  /** A request was accepted (+1), or has ended (-1). */
  onInflight(change: 1 | -1): void
  onAttempt(providerId: string, outcome: BreakerOutcome): void
  onRetry(providerId: string): void
  onShed(requestClass: RequestClass): void
  onBreakerChange(target: Target, state: BreakerState): void
  onPing(): void
}

/** A request under way, which a shutdown may have to end. */
export interface Interruptible {
  /** Ends the request: with this error as its answer, or inside its stream where that has begun. */
  interrupt(reason: ProxyError): void
}

/** What is known about one target besides its breaker. */
export interface TargetState {
  readonly provider: string
  readonly retryBudget: RetryBudget
  readonly limit: ConcurrencyLimit
}

/** How many requests a target is let have at once, and how many it has. */
export interface TargetLimit {
  readonly provider: string
  readonly limit: number
  readonly inflight: number
}

/** All that this process remembers between requests in order to survive: one per process, made by the composition root. */
export interface Protections {
  readonly breakers: Breakers
  readonly cooldowns: Cooldowns
  readonly shedder: Shedder
  readonly listener: ProtectionListener
  /** Requests under way, streams included. */
  readonly open: Set<Interruptible>
  /** The adaptive limit of each target that was asked. */
  limits(): readonly TargetLimit[]
  /** The target's state, made on first use; at most `BREAKERS_MAX`, beyond which the oldest idle one is forgotten. */
  stateOf(target: Target, nowMs: number): TargetState
}

export interface ProtectionOptions {
  readonly breaker: BreakerOptions
  readonly shedder: ShedderOptions
  readonly concurrency: ConcurrencyOptions
}

export const PROTECTION: ProtectionOptions = { breaker: BREAKER, shedder: SHEDDER, concurrency: CONCURRENCY }

export function openProtections(
  options: ProtectionOptions = PROTECTION,
  listener: ProtectionListener = NOBODY,
): Protections {
  const states = new Map<string, TargetState>()
  return {
    breakers: openBreakers(options.breaker, BREAKERS_MAX),
    cooldowns: openCooldowns(COOLDOWNS_MAX),
    shedder: newShedder(options.shedder),
    listener,
    open: new Set(),
    limits: () =>
      [...states.values()].map(({ provider, limit: { limit, inflight } }) => ({ provider, limit, inflight })),
    stateOf(target, nowMs) {
      const name = `${target.provider.id}\n${target.model}`
      const known = states.get(name)
      if (known !== undefined) return known
      if (states.size >= BREAKERS_MAX) states.delete(oldestIdle(states))
      const state = {
        provider: target.provider.id,
        retryBudget: newRetryBudget(nowMs),
        limit: newConcurrencyLimit(options.concurrency, nowMs),
      }
      states.set(name, state)
      return state
    },
  }
}

function oldestIdle(states: ReadonlyMap<string, TargetState>): string {
  let oldest: string | null = null
  for (const [name, { limit }] of states) {
    if (limit.inflight === 0) return name
    oldest ??= name
  }
  return oldest ?? ''
}

const NOBODY: ProtectionListener = {
  onInflight: () => undefined,
  onAttempt: () => undefined,
  onRetry: () => undefined,
  onShed: () => undefined,
  onBreakerChange: () => undefined,
  onPing: () => undefined,
}
