/** Periods in which spending is counted, in UTC. A week begins on Monday, as in ISO 8601. */
export const WINDOW_KINDS = ['minute', 'hour', 'day', 'week', 'month'] as const
export type WindowKind = (typeof WINDOW_KINDS)[number]

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Days from Monday 1969-12-29 to the epoch, a Thursday. */
const EPOCH_DAYS_INTO_WEEK = 3

/** A window is known by its index, so that a new one starts at zero without anybody resetting a counter. */
export interface TimeWindow {
  readonly index: number
  readonly startWallMs: number
  /** First instant after the window. */
  readonly endWallMs: number
}

/** The window of `kind` that holds `wallMs`. Worked: day 0 is 1970-01-01, week 0 starts 1969-12-29, month 0 is January 1970. */
export function windowAt(kind: WindowKind, wallMs: number): TimeWindow {
  switch (kind) {
    case 'minute':
      return fixedWindow(wallMs, MINUTE_MS, 0)
    case 'hour':
      return fixedWindow(wallMs, HOUR_MS, 0)
    case 'day':
      return fixedWindow(wallMs, DAY_MS, 0)
    case 'week':
      return fixedWindow(wallMs, 7 * DAY_MS, EPOCH_DAYS_INTO_WEEK * DAY_MS)
    case 'month':
      return monthWindow(wallMs)
  }
}

/** First instant of the window with this index, in Unix ms. */
export function windowStart(kind: WindowKind, index: number): number {
  switch (kind) {
    case 'minute':
      return index * MINUTE_MS
    case 'hour':
      return index * HOUR_MS
    case 'day':
      return index * DAY_MS
    case 'week':
      return index * 7 * DAY_MS - EPOCH_DAYS_INTO_WEEK * DAY_MS
    case 'month':
      return Date.UTC(1970, index)
  }
}

function fixedWindow(wallMs: number, lengthMs: number, offsetMs: number): TimeWindow {
  const index = Math.floor((wallMs + offsetMs) / lengthMs)
  const startWallMs = index * lengthMs - offsetMs
  return { index, startWallMs, endWallMs: startWallMs + lengthMs }
}

function monthWindow(wallMs: number): TimeWindow {
  const date = new Date(wallMs)
  const index = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  return { index, startWallMs: Date.UTC(1970, index), endWallMs: Date.UTC(1970, index + 1) }
}
