import type { ErrorTraits } from '../core/errors.ts'
import { advance, clear, newSlidingWindow, record, type SlidingWindow } from './sliding-window.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

/** How a permitted request ended: a success, or what `ERROR_TRAITS` says of its error. Only `failure` ever trips. */
export type BreakerOutcome = 'success' | ErrorTraits['outcome']

export interface BreakerOptions {
  /** Consecutive failures that open it; CIRCUIT_BREAKER_FAILURE_THRESHOLD. */
  readonly failureThreshold: number
  /** Share of failures in the window that opens it, 0–1, once the window has `windowRequestsMin` requests. */
  readonly failureRatio: number
  readonly windowMs: number
  readonly windowRequestsMin: number
  /** How long it is open at first; CIRCUIT_BREAKER_TIMEOUT. Doubles with each failed probe, up to `openMsMax`. */
  readonly openMs: number
  readonly openMsMax: number
  /** Probes that half-open admits, and that must all succeed; CIRCUIT_BREAKER_SUCCESS_THRESHOLD. */
  readonly probes: number
}

export const BREAKER: BreakerOptions = {
  failureThreshold: 5,
  failureRatio: 0.5,
  windowMs: 10_000,
  windowRequestsMin: 20,
  openMs: 60_000,
  openMsMax: 600_000,
  probes: 2,
}

/**
 * Circuit breaker of one model at one provider: a compact record, changed in place by `admit`, `settlePermit` and `reset`
 * only, so that a decision costs a comparison and no allocation.
 *
 * `generation` grows with every change of state. A permit is the generation it was given in, and the result of a former
 * one is ignored: what began before the trip says nothing about now.
 */
export interface Breaker {
  readonly options: BreakerOptions
  readonly window: SlidingWindow
  state: BreakerState
  generation: number
  consecutiveFailures: number
  /** How long the present or last opening lasts. */
  openForMs: number
  openedMs: number
  probesRunning: number
  probesSucceeded: number
  /** Times it has opened since it was made. */
  trips: number
}

/** A generation ≥ 0 for an admitted request, otherwise `OPEN` or `PROBING`. */
export type Permit = number
/** Refused: open. */
export const OPEN: Permit = -1
/** Refused: half-open, and all its probes are on their way. */
export const PROBING: Permit = -2

/** Retry-After while probes run: they answer within seconds, or time out and open the breaker. */
const PROBING_RETRY_MS = 1_000

export function newBreaker(options: BreakerOptions): Breaker {
  return {
    options,
    window: newSlidingWindow(options.windowMs),
    state: 'closed',
    generation: 0,
    consecutiveFailures: 0,
    openForMs: options.openMs,
    openedMs: 0,
    probesRunning: 0,
    probesSucceeded: 0,
    trips: 0,
  }
}

/**
 * May a request go to this target? Every permit ≥ 0 must be settled exactly once.
 *
 * @param nowMs monotonic, ≥ 0
 */
export function admit(breaker: Breaker, nowMs: number): Permit {
  if (breaker.state === 'closed') return breaker.generation
  if (breaker.state === 'open') {
    if (nowMs - breaker.openedMs < breaker.openForMs) return OPEN
    enter(breaker, 'half_open')
  }
  if (breaker.probesRunning + breaker.probesSucceeded >= breaker.options.probes) return PROBING
  breaker.probesRunning += 1
  return breaker.generation
}

/**
 * Is the permit a probe's? Its success may be settled at the first event: while a long stream is still running, the
 * others should not have to wait for its end.
 */
export function isProbe(breaker: Breaker, permit: Permit): boolean {
  return breaker.state === 'half_open' && permit === breaker.generation
}

/**
 * Tells how a permitted request ended.
 *
 * @returns the state it leads to if that is another one, for log and metrics; otherwise `null`
 */
export function settlePermit(
  breaker: Breaker,
  permit: Permit,
  outcome: BreakerOutcome,
  nowMs: number,
): BreakerState | null {
  if (permit !== breaker.generation) return null
  if (breaker.state === 'half_open') return settleProbe(breaker, outcome, nowMs)
  if (outcome !== 'success' && outcome !== 'failure') return null
  return settleClosed(breaker, outcome === 'failure', nowMs)
}

/** Closes the breaker by hand and forgets its history; the results of whatever is under way are ignored. */
export function resetBreaker(breaker: Breaker): void {
  close(breaker)
}

/** Time until it makes sense to ask again, in ms: the rest of the opening, or a second while probes run; 0 if closed. */
export function untilProbeMs(breaker: Breaker, nowMs: number): number {
  if (breaker.state === 'closed') return 0
  const restMs = breaker.state === 'open' ? breaker.openedMs + breaker.openForMs - nowMs : PROBING_RETRY_MS
  return Math.max(0, restMs)
}

/**
 * The state as it is told: an open breaker whose time is over counts as half-open although nobody has asked since, so
 * that a target without traffic does not keep an alert firing.
 */
export function stateAt(breaker: Breaker, nowMs: number): BreakerState {
  if (breaker.state !== 'open') return breaker.state
  return nowMs - breaker.openedMs < breaker.openForMs ? 'open' : 'half_open'
}

function settleClosed(breaker: Breaker, isFailure: boolean, nowMs: number): BreakerState | null {
  const { options, window } = breaker
  breaker.consecutiveFailures = isFailure ? breaker.consecutiveFailures + 1 : 0
  record(window, isFailure, nowMs)
  const isTripped =
    breaker.consecutiveFailures >= options.failureThreshold ||
    (window.requests >= options.windowRequestsMin && window.failures >= window.requests * options.failureRatio)
  return isTripped ? trip(breaker, options.openMs, nowMs) : null
}

/** A probe that proves nothing (client gone, 4xx, 429) gives its place back. */
function settleProbe(breaker: Breaker, outcome: BreakerOutcome, nowMs: number): BreakerState | null {
  breaker.probesRunning -= 1
  if (outcome === 'failure') return trip(breaker, longerOpenMs(breaker), nowMs)
  if (outcome !== 'success') return null
  breaker.probesSucceeded += 1
  return breaker.probesSucceeded >= breaker.options.probes ? close(breaker) : null
}

function longerOpenMs(breaker: Breaker): number {
  const { openMs, openMsMax } = breaker.options
  return Math.min(Math.max(openMs, openMsMax), breaker.openForMs * 2)
}

function trip(breaker: Breaker, openForMs: number, nowMs: number): BreakerState {
  breaker.openForMs = openForMs
  breaker.openedMs = nowMs
  breaker.trips += 1
  return enter(breaker, 'open')
}

function close(breaker: Breaker): BreakerState {
  clear(breaker.window)
  breaker.consecutiveFailures = 0
  breaker.openForMs = breaker.options.openMs
  return enter(breaker, 'closed')
}

function enter(breaker: Breaker, state: BreakerState): BreakerState {
  breaker.state = state
  breaker.generation += 1
  breaker.probesRunning = 0
  breaker.probesSucceeded = 0
  return state
}

/** Requests and failures that the window holds at `nowMs`. */
export function windowCounts(breaker: Breaker, nowMs: number): { requests: number; failures: number } {
  advance(breaker.window, nowMs)
  return { requests: breaker.window.requests, failures: breaker.window.failures }
}
