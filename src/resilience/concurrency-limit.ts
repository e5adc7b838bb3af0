import type { RequestClass } from '../core/request-class.ts'
import { CLASS_SHARE } from './request-class.ts'

export interface ConcurrencyOptions {
  /** Where the limit starts and what it never exceeds: the active-requests threshold. */
  readonly limitMax: number
  /** What it never goes below, so that one agent with its subagents always fits. */
  readonly limitMin: number
  /** A window closes once it is this old and has this many samples. */
  readonly windowMs: number
  readonly samplesMin: number
  /** Mean time to first event, as a multiple of the usual one, that counts as congestion. */
  readonly tolerance: number
  /** And by how many ms it must be over the usual one: twice nothing is still nothing, and no queue worth a refusal. */
  readonly toleranceMs: number
}

export const CONCURRENCY: ConcurrencyOptions = {
  limitMax: 1_000,
  limitMin: 20,
  windowMs: 1_000,
  samplesMin: 10,
  tolerance: 2,
  toleranceMs: 500,
}

/** Weight of a calm window in the usual time to first event. */
const USUAL_FALL = 0.5
const USUAL_RISE = 0.1
/** Half the limit must bring the mean down to this part of what it was; else it is not load that makes the target slow. */
const RELIEF = 0.75
const DECREASE = 0.9
/** One window never brings the limit below this part of it: a slow second, or a single 429 at night, proves little. */
const DECREASE_MOST = 0.5

/**
 * Adaptive limit of requests at once for one target: additive increase, multiplicative decrease (AIMD), judged on the
 * time to the first event and never on the whole time, which depends on how much the model has to say.
 *
 * A window in which something was dropped (429, timeout), or whose mean time to first event is over `tolerance` times
 * the usual one, and `toleranceMs` over it, is congested: `limit = max(0.5 · limit, 0.9 · min(limit, 2 · peak))`. After
 * a calm one: `limit += √limit`, in use or not, so that the morning does not begin with the limit of a bad night. Worked
 * number: limit 1,000, peak 40, 429s in four windows → 500, 250, 125, 72; then calm 80, 88, 97, …
 *
 * Answers that come whole show no first event: ten of them make a window that nothing was dropped in, and so calm.
 * Without them a target of whole answers alone would keep for ever what one bad minute has left of its limit.
 *
 * Slowness that half the limit does not relieve comes from longer prompts, not from a queue: the slower time
 * becomes the usual one. While half of the limit is in use the usual time never rises otherwise, or a queue would
 * become usual.
 *
 * @see Chiu and Jain 1989 for AIMD; Netflix concurrency-limits (Gradient2) for `√limit` and judging use by half
 */
export interface ConcurrencyLimit {
  readonly options: ConcurrencyOptions
  limit: number
  inflight: number
  /** Usual time to first event in ms; 0 until the first window closes. */
  usualMs: number
  /** Limit and mean when the present congestion began; 0 while calm. */
  congestedLimit: number
  congestedMs: number
  windowStartMs: number
  /** Times to the first event in this window. A window that whole answers close leaves them to the next. */
  samples: number
  sumMs: number
  /** Whole answers in this window. */
  whole: number
  peak: number
  wasDropped: boolean
}

export function newConcurrencyLimit(options: ConcurrencyOptions, nowMs: number): ConcurrencyLimit {
  return {
    options,
    limit: options.limitMax,
    inflight: 0,
    usualMs: 0,
    congestedLimit: 0,
    congestedMs: 0,
    windowStartMs: nowMs,
    samples: 0,
    sumMs: 0,
    whole: 0,
    peak: 0,
    wasDropped: false,
  }
}

/** Takes a place for a request of this class; false if it has none. Every place taken must be released once. */
export function tryEnter(limit: ConcurrencyLimit, name: RequestClass): boolean {
  if (limit.inflight >= Math.ceil(limit.limit * CLASS_SHARE[name])) return false
  limit.inflight += 1
  if (limit.inflight > limit.peak) limit.peak = limit.inflight
  return true
}

/** Gives the place back, however the request ended. */
export function leave(limit: ConcurrencyLimit): void {
  limit.inflight -= 1
}

/**
 * Learns from one attempt, at its first event or at its failure before that. A 429 of a client's own credential is no
 * sample: it tells of that client.
 *
 * @param firstEventMs time from sending to the first event; `null` if the target dropped the request (429, timeout)
 */
export function sample(limit: ConcurrencyLimit, firstEventMs: number | null, nowMs: number): void {
  if (firstEventMs === null) limit.wasDropped = true
  else limit.sumMs += firstEventMs
  limit.samples += 1
  closeIfDue(limit, nowMs)
}

/** Learns from an answer that came whole: the target took the request, and how long it thought is not known. */
export function sampleWhole(limit: ConcurrencyLimit, nowMs: number): void {
  limit.whole += 1
  closeIfDue(limit, nowMs)
}

function closeIfDue(limit: ConcurrencyLimit, nowMs: number): void {
  const { samplesMin, windowMs } = limit.options
  if (nowMs - limit.windowStartMs < windowMs) return
  if (limit.wasDropped || limit.samples >= samplesMin) closeWindow(limit, nowMs)
  else if (limit.samples + limit.whole >= samplesMin) {
    grow(limit)
    openWindow(limit, nowMs)
  }
}

function closeWindow(limit: ConcurrencyLimit, nowMs: number): void {
  const meanMs = limit.sumMs / limit.samples
  if (limit.wasDropped) shrink(limit)
  else if (isSlow(limit, meanMs)) onSlowWindow(limit, meanMs)
  else onCalmWindow(limit, meanMs)
  limit.samples = 0
  limit.sumMs = 0
  limit.wasDropped = false
  openWindow(limit, nowMs)
}

function openWindow(limit: ConcurrencyLimit, nowMs: number): void {
  limit.windowStartMs = nowMs
  limit.whole = 0
  limit.peak = limit.inflight
}

function isSlow({ usualMs, options }: ConcurrencyLimit, meanMs: number): boolean {
  return usualMs > 0 && meanMs > Math.max(usualMs * options.tolerance, usualMs + options.toleranceMs)
}

function onSlowWindow(limit: ConcurrencyLimit, meanMs: number): void {
  if (limit.congestedLimit === 0) {
    limit.congestedLimit = limit.limit
    limit.congestedMs = meanMs
  }
  const isLowest = limit.limit <= Math.max(limit.congestedLimit / 2, limit.options.limitMin)
  if (!isLowest || meanMs <= limit.congestedMs * RELIEF) return shrink(limit)
  limit.usualMs = meanMs
  limit.congestedLimit = 0
}

function onCalmWindow(limit: ConcurrencyLimit, meanMs: number): void {
  const isInUse = limit.peak * 2 >= limit.limit
  limit.congestedLimit = 0
  grow(limit)
  if (limit.usualMs === 0) limit.usualMs = meanMs
  else if (meanMs < limit.usualMs) limit.usualMs += (meanMs - limit.usualMs) * USUAL_FALL
  else if (!isInUse) limit.usualMs += (meanMs - limit.usualMs) * USUAL_RISE
}

function grow(limit: ConcurrencyLimit): void {
  limit.limit = Math.min(limit.options.limitMax, limit.limit + Math.floor(Math.sqrt(limit.limit)))
}

function shrink(limit: ConcurrencyLimit): void {
  const { limitMax, limitMin } = limit.options
  const shrunk = Math.floor(Math.max(limit.limit * DECREASE_MOST, Math.min(limit.limit, 2 * limit.peak) * DECREASE))
  limit.limit = Math.min(limitMax, Math.max(limitMin, shrunk))
}
