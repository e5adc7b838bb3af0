import { REQUEST_CLASSES, type RequestClass } from '../core/request-class.ts'
import { CLASS_SHARE } from './request-class.ts'

/** What the sampling tick measured. A value that is unknown is 0 or NaN and sheds nothing. */
export interface Signals {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** The cgroup's limit, else the machine's memory; 0 if unknown. */
  readonly memoryLimitBytes: number
  readonly loopLagP99Ms: number
  readonly queueWaitMs: number
}

export interface ShedderOptions {
  /** Requests at once; LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD. */
  readonly activeRequests: number
  /** Share of the memory limit, 0–1; LOAD_SHEDDING_MEMORY_THRESHOLD. */
  readonly memoryRatio: number
  /** Share of the same memory limit, 0–1; LOAD_SHEDDING_HEAP_THRESHOLD. */
  readonly heapRatio: number
  readonly loopLagMs: number
  readonly queueWaitMs: number
}

export const SHEDDER: ShedderOptions = {
  activeRequests: 1_000,
  memoryRatio: 0.85,
  heapRatio: 0.9,
  loopLagMs: 500,
  queueWaitMs: 1_000,
}

/** As many requests are always admitted, however slow the process is: so few are not what makes it slow. */
export const FEW_REQUESTS = 20

export type ShedReason = 'active_requests' | 'memory' | 'heap' | 'loop_lag' | 'queue_wait'

/** A refused class comes back below this part of its mark, or when it has stayed under the mark for `RECOVERY_MS`. */
const RELEASE_RATIO = 0.9
const RECOVERY_MS = 3_000

interface ClassState {
  /** Requests at once of all classes, up to which this one is admitted: 0 while memory refuses it, few while slowness does. */
  limit: number
  isRefused: boolean
  /** Last tick at which a signal was over the class's mark. */
  overMs: number
}

/** Precomputed limits per class: `refresh` on each sampling tick changes them, `shed` compares. */
export interface Shedder {
  readonly options: ShedderOptions
  readonly classes: Readonly<Record<RequestClass, ClassState>>
  /** The signal that last refused a class. */
  reason: ShedReason
  /** The signal furthest along at the last tick, as a part of its threshold; 1 is at the threshold. */
  pressure: number
  /** Requests at once that are admitted at most: the threshold, or what the process was found to bear. */
  ceiling: number
}

export function newShedder(options: ShedderOptions): Shedder {
  const open = (name: RequestClass): ClassState => ({
    limit: limitOf(options.activeRequests, name),
    isRefused: false,
    overMs: 0,
  })
  return {
    options,
    classes: { main: open('main'), subagent: open('subagent'), background: open('background'), batch: open('batch') },
    reason: 'memory',
    pressure: 0,
    ceiling: options.activeRequests,
  }
}

/**
 * Must a new request be refused?
 *
 * @param inflight requests of all classes under way, without the new one
 * @returns why, or `null` if it is admitted
 */
export function shed(shedder: Shedder, name: RequestClass, inflight: number): ShedReason | null {
  const state = shedder.classes[name]
  if (inflight < state.limit) return null
  if (state.isRefused) return shedder.reason
  return shedder.ceiling < shedder.options.activeRequests ? 'queue_wait' : 'active_requests'
}

/** Admits so many requests at once from now on, each class its share; never more than the threshold. */
export function setCeiling(shedder: Shedder, ceiling: number): void {
  shedder.ceiling = Math.min(ceiling, shedder.options.activeRequests)
  for (const name of REQUEST_CLASSES) {
    const state = shedder.classes[name]
    if (!state.isRefused) state.limit = limitOf(shedder.ceiling, name)
  }
}

/** Takes in a tick's signals. The classes it refuses come back within 5 s after the signals have. */
export function refresh(shedder: Shedder, signals: Signals, nowMs: number): void {
  const worst = worstSignal(signals, shedder.options)
  shedder.pressure = worst.pressure
  if (worst.pressure >= CLASS_SHARE.batch) shedder.reason = worst.reason
  for (const name of REQUEST_CLASSES) {
    const state = shedder.classes[name]
    state.isRefused = isRefusedNow(state, CLASS_SHARE[name], worst.pressure, nowMs)
    state.limit = limitOf(state.isRefused ? refusedCeiling(shedder, name, worst) : shedder.ceiling, name)
  }
}

/** Nothing fits into memory that is full; a process that is only slow has time for a few. */
function refusedCeiling(shedder: Shedder, name: RequestClass, { memory }: Worst): number {
  return memory >= CLASS_SHARE[name] * RELEASE_RATIO ? 0 : Math.min(FEW_REQUESTS, shedder.ceiling)
}

function isRefusedNow(state: ClassState, share: number, pressure: number, nowMs: number): boolean {
  if (pressure >= share) {
    state.overMs = nowMs
    return true
  }
  return state.isRefused && pressure >= share * RELEASE_RATIO && nowMs - state.overMs < RECOVERY_MS
}

interface Worst {
  readonly reason: ShedReason
  readonly pressure: number
  /** How full memory is, or the heap; 1 is at the threshold. */
  readonly memory: number
}

function worstSignal(signals: Signals, options: ShedderOptions): Worst {
  const { memoryLimitBytes } = signals
  const filled: readonly (readonly [ShedReason, number])[] = [
    ['memory', signals.rssBytes / (memoryLimitBytes * options.memoryRatio)],
    ['heap', signals.heapUsedBytes / (memoryLimitBytes * options.heapRatio)],
    ['loop_lag', signals.loopLagP99Ms / options.loopLagMs],
    ['queue_wait', signals.queueWaitMs / options.queueWaitMs],
  ]
  let worst: Worst = { reason: 'memory', pressure: 0, memory: 0 }
  for (const [reason, pressure] of filled) {
    if (!Number.isFinite(pressure) || pressure <= worst.pressure) continue
    const isMemory = reason === 'memory' || reason === 'heap'
    worst = { reason, pressure, memory: isMemory ? pressure : worst.memory }
  }
  return worst
}

/** Rounded up, so that a threshold of 1 still admits one request of any class. */
function limitOf(ceiling: number, name: RequestClass): number {
  return Math.ceil(ceiling * CLASS_SHARE[name])
}
