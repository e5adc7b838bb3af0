import { FEW_REQUESTS } from './shedder.ts'

export interface LoadLimitOptions {
  /** Where the limit starts and what it never exceeds: the active-requests threshold. */
  readonly limitMax: number
  /** What it never goes below. */
  readonly limitMin: number
  /** Longest mean queue wait: health checks and refusals wait as long. */
  readonly waitMs: number
  /** Ticks over which the mean is taken. */
  readonly ticks: number
}

export const LOAD_LIMIT: LoadLimitOptions = { limitMax: 1_000, limitMin: FEW_REQUESTS, waitMs: 8, ticks: 4 }

/** A window of long waits shrinks the limit by as much as they were too long, but not by more than this. */
const SHRINK_MIN = 0.6
const SHRINK_MAX = 0.95
/** A tick counts for no more than so many times `waitMs`: one stop of the process, however long, is no load. */
const STOP_WEIGHT = 2.5

/**
 * How many requests at once this process can serve, learnt from how long ready work waits for the event loop. A process
 * with too little processor time makes everybody wait, health checks included, long before it has too many requests or too
 * little memory.
 *
 * After a window of long waits `limit = min(limit, inflight) · waitMs / mean`; after any other `limit += √limit`, in
 * use or not. Worked number: 200 under way, mean 10 ms of 8 → 160; then 172, 185, 198, … A stop of half a second among
 * calm ticks: 20 of 500 ms count, mean 5, nothing shrinks.
 */
export interface LoadLimit {
  readonly options: LoadLimitOptions
  limit: number
  ticks: number
  sumMs: number
}

export function newLoadLimit(options: LoadLimitOptions): LoadLimit {
  return { options, limit: options.limitMax, ticks: 0, sumMs: 0 }
}

/** Learns from one tick. Returns the limit from now on. */
export function learnWait(load: LoadLimit, waitMs: number, inflight: number): number {
  load.ticks++
  load.sumMs += Math.min(waitMs, STOP_WEIGHT * load.options.waitMs)
  if (load.ticks < load.options.ticks) return load.limit
  const meanMs = load.sumMs / load.ticks
  load.ticks = 0
  load.sumMs = 0
  load.limit = nextLimit(load, meanMs, inflight)
  return load.limit
}

function nextLimit({ options, limit }: LoadLimit, meanMs: number, inflight: number): number {
  const { limitMin, limitMax, waitMs } = options
  if (meanMs <= waitMs) return Math.min(limitMax, limit + Math.floor(Math.sqrt(limit)))
  const part = Math.min(SHRINK_MAX, Math.max(SHRINK_MIN, waitMs / meanMs))
  return Math.min(limitMax, Math.max(limitMin, Math.floor(Math.min(limit, inflight) * part)))
}
