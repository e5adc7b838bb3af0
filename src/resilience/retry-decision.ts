import type { ErrorKind, ProxyError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { BACKOFF, type BackoffOptions, backoffMs } from './backoff.ts'

export interface RetryOptions extends BackoffOptions {
  /** Requests sent upstream for one of the client's, over all targets and keys. */
  readonly attemptsMax: number
}

export const RETRY: RetryOptions = { ...BACKOFF, attemptsMax: 3 }

/** Where a request stands when an attempt has failed before a byte went to the client: after that nothing is tried. */
export interface RetryFacts {
  readonly error: ProxyError
  /** Attempts so far, the failed one included: over all targets, and at this one. Waiting out a cooldown is one. */
  readonly attempts: number
  readonly attemptsHere: number
  /** Time left of the deadline. */
  readonly remainingMs: number
  /** The client's `x-stainless-retry-count`. */
  readonly clientRetryCount: number
  /** The client's own credential was used, so that there is no other key. */
  readonly isClientCredential: boolean
  readonly hasNextKey: boolean
  readonly hasNextTarget: boolean
  /** The target's retry budget has a token; whoever acts on `retry` spends it. */
  readonly hasRetryToken: boolean
}

/**
 * What to do next. `shouldRetry` is the value of `x-should-retry` for the client; `null` sends none, so that the
 * client's own rules hold.
 */
export type RetryDecision =
  | { readonly type: 'retry'; readonly delayMs: number }
  | { readonly type: 'next_key' }
  | { readonly type: 'next_target' }
  | { readonly type: 'give_up'; readonly shouldRetry: boolean | null }

/** After these the next target is tried before the same one: it asked for a rest, or would take as long to fail again. */
const NEXT_TARGET_FIRST: ReadonlySet<ErrorKind> = new Set(['circuit_open', 'upstream_rate_limited', 'upstream_timeout'])

/**
 * Decides after a failed attempt, in this order: nothing once the attempts or the time are spent;
 * another key if the credential is the trouble; the next target if the present one needs a rest or has had its second
 * chance; the same target after a backoff; else the answer. Staying once before moving on keeps the prompt cache.
 *
 * A Retry-After is waited for only if it is within both the backoff's cap and the deadline. The upstream's
 * `x-should-retry` decides whether the same target may be asked again; it says nothing about another one.
 */
export function decideRetry(facts: RetryFacts, options: RetryOptions, random: Random): RetryDecision {
  const { error } = facts
  const { tries } = error.traits
  const told = toldByUpstream(error)
  if (!canContinue(facts, options)) return giveUp(facts, told)
  if (tries === 'nobody' && told !== true) return giveUp(facts, told)
  // Only the client can renew its own credential, and does so when it hears of it.
  if (facts.isClientCredential && error.kind === 'upstream_auth') return giveUp(facts, told)

  const canTryOther = tries !== 'nobody' && facts.hasNextTarget
  if (wantsOtherKey(error) && facts.hasNextKey && !facts.isClientCredential) return { type: 'next_key' }
  if (canTryOther && (NEXT_TARGET_FIRST.has(error.kind) || facts.attemptsHere > 1)) return { type: 'next_target' }

  const delayMs = delayHere(facts, told, options, random)
  if (delayMs !== null) return { type: 'retry', delayMs }
  return canTryOther ? { type: 'next_target' } : giveUp(facts, told)
}

function canContinue(facts: RetryFacts, options: RetryOptions): boolean {
  return facts.error.kind !== 'client_closed' && facts.attempts < options.attemptsMax && facts.remainingMs > 0
}

/** A 429 is the limit of one credential; a refused credential and an empty account are about nothing else. */
function wantsOtherKey({ kind, traits }: ProxyError): boolean {
  return kind === 'upstream_rate_limited' || traits.tries === 'next_key'
}

/** Wait before the same target is asked again, or `null` if it should not be. */
function delayHere(facts: RetryFacts, told: boolean | null, options: RetryOptions, random: Random): number | null {
  if (!facts.hasRetryToken || told === false || facts.error.kind === 'circuit_open') return null
  if (facts.error.traits.tries !== 'next_target' && told !== true) return null
  if (facts.attempts + facts.clientRetryCount >= options.attemptsMax) return null
  const floorMs = floorOf(facts.error.detail.retryAfterMs)
  if (floorMs > options.capMs) return null
  const delayMs = backoffMs(facts.attemptsHere, floorMs, options, random)
  return delayMs < facts.remainingMs ? delayMs : null
}

/** The shortest wait, by a Retry-After that is a positive number. */
function floorOf(retryAfterMs: number | undefined): number {
  return retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0
}

function toldByUpstream(error: ProxyError): boolean | null {
  const header = error.detail.upstream?.headers.get('x-should-retry')?.trim().toLowerCase()
  if (header === 'true') return true
  return header === 'false' ? false : null
}

/** The upstream's advice goes on. Where our credential was refused another try cannot help; where the client's own was, it may. */
function giveUp(facts: RetryFacts, told: boolean | null): RetryDecision {
  const { kind, traits } = facts.error
  const own = kind === 'upstream_auth' && !facts.isClientCredential ? false : traits.retry
  return { type: 'give_up', shouldRetry: told ?? own }
}
