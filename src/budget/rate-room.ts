/** Limits of one key, user or model; `null` is no limit. */
export interface RateLimits {
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly concurrentRequests: number | null
}

/** What is left under one rate limit, once a request has been admitted. */
export interface RateRoom {
  readonly unit: 'requests' | 'tokens'
  /** Per minute. */
  readonly limit: number
  readonly remaining: number
  /** Ms until the whole limit is free again. */
  readonly fullInMs: number
}

/** How far from full the buckets of one limited thing are, in ms of refilling. */
export interface RateDebt {
  readonly limits: RateLimits
  readonly requestsMs: number
  readonly tokensMs: number
}

const MINUTE_MS = 60_000

/** The scarcest limit of each unit; a unit that nothing limits is left out. */
export function roomOf(debts: readonly RateDebt[]): readonly RateRoom[] {
  const rooms = debts.flatMap(({ limits, requestsMs, tokensMs }) => [
    ...unitRoom('requests', limits.requestsPerMinute, requestsMs),
    ...unitRoom('tokens', limits.tokensPerMinute, tokensMs),
  ])
  return scarcest(rooms)
}

/** Of each unit the room with the least left. */
export function scarcest(rooms: readonly RateRoom[]): readonly RateRoom[] {
  return (['requests', 'tokens'] as const).flatMap((unit) =>
    rooms
      .filter((room) => room.unit === unit)
      .sort((a, b) => a.remaining - b.remaining)
      .slice(0, 1),
  )
}

function unitRoom(unit: RateRoom['unit'], limit: number | null, debtMs: number): readonly RateRoom[] {
  if (limit === null) return []
  // A hair of rounding must not take a whole request away.
  const remaining = Math.floor(((MINUTE_MS - debtMs) * limit) / MINUTE_MS + 1e-6)
  return [{ unit, limit, remaining: Math.max(0, remaining), fullInMs: Math.max(0, debtMs) }]
}
