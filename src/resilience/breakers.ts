import {
  type Breaker,
  type BreakerOptions,
  type BreakerState,
  newBreaker,
  resetBreaker,
  stateAt,
  windowCounts,
} from './breaker.ts'

/** One breaker as `/metrics/circuit-breakers` shows it. Instants are ISO 8601; `null` while they mean nothing. */
export interface BreakerSnapshot {
  /** `provider/model`, which is also what the reset endpoint takes. */
  readonly name: string
  readonly provider: string
  readonly model: string
  readonly state: BreakerState
  readonly consecutiveFailures: number
  /** What the sliding window holds. */
  readonly requests: number
  readonly failures: number
  readonly trips: number
  readonly openedAt: string | null
  readonly nextProbe: string | null
}

/** The breakers of all targets: made on first use, at most `breakersMax`. */
export interface Breakers {
  /** The target's breaker. O(1); O(bound) when a new one needs the place of another. */
  get(provider: string, model: string, nowMs: number): Breaker
  /** Closes `provider/model`, or all of `provider`. Returns how many there were. */
  reset(name: string): number
  /** @param wallMs Unix time of `nowMs` */
  snapshot(nowMs: number, wallMs: number): readonly BreakerSnapshot[]
  /** The worst state of a provider's models: open before half-open before closed; closed if it was never asked. */
  worst(provider: string, nowMs: number): BreakerState
}

interface Entry {
  readonly provider: string
  readonly model: string
  readonly breaker: Breaker
  usedMs: number
}

/** Breaker states by how bad they are. */
export const BADNESS: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 }

/**
 * @param breakersMax bound of the map, at least 1: `BREAKERS_MAX`. At the bound the closed breaker that was idle
 *   longest makes place; only if none is closed, another one. An evicted breaker still serves who holds it.
 */
export function openBreakers(options: BreakerOptions, breakersMax: number): Breakers {
  const byProvider = new Map<string, Map<string, Entry>>()
  let count = 0

  function entries(): Entry[] {
    return [...byProvider.values()].flatMap((models) => [...models.values()])
  }

  function add(provider: string, model: string, nowMs: number): Entry {
    if (count >= breakersMax) evict(leastWorthKeeping(entries()))
    const entry = { provider, model, breaker: newBreaker(options), usedMs: nowMs }
    const models = byProvider.get(provider) ?? new Map<string, Entry>()
    byProvider.set(provider, models.set(model, entry))
    count += 1
    return entry
  }

  function evict(entry: Entry): void {
    const models = byProvider.get(entry.provider)
    if (models?.delete(entry.model) !== true) return
    if (models.size === 0) byProvider.delete(entry.provider)
    count -= 1
  }

  return {
    get(provider, model, nowMs) {
      const entry = byProvider.get(provider)?.get(model) ?? add(provider, model, nowMs)
      entry.usedMs = nowMs
      return entry.breaker
    },
    reset(name) {
      const named = entries().filter((entry) => entry.provider === name || nameOf(entry) === name)
      for (const { breaker } of named) resetBreaker(breaker)
      return named.length
    },
    snapshot: (nowMs, wallMs) => entries().map((entry) => snapshotOf(entry, nowMs, wallMs)),
    worst(provider, nowMs) {
      let worst: BreakerState = 'closed'
      for (const { breaker } of byProvider.get(provider)?.values() ?? []) {
        const state = stateAt(breaker, nowMs)
        if (BADNESS[state] > BADNESS[worst]) worst = state
      }
      return worst
    },
  }
}

function leastWorthKeeping(entries: readonly Entry[]): Entry {
  const order = (a: Entry, b: Entry): number =>
    BADNESS[a.breaker.state] - BADNESS[b.breaker.state] || a.usedMs - b.usedMs
  return entries.reduce((least, entry) => (order(entry, least) < 0 ? entry : least))
}

function nameOf(entry: Entry): string {
  return `${entry.provider}/${entry.model}`
}

function snapshotOf(entry: Entry, nowMs: number, wallMs: number): BreakerSnapshot {
  const { provider, model, breaker } = entry
  const isoAt = (atMs: number): string => new Date(wallMs + atMs - nowMs).toISOString()
  return {
    name: nameOf(entry),
    provider,
    model,
    state: stateAt(breaker, nowMs),
    consecutiveFailures: breaker.consecutiveFailures,
    ...windowCounts(breaker, nowMs),
    trips: breaker.trips,
    openedAt: breaker.state === 'closed' ? null : isoAt(breaker.openedMs),
    nextProbe: breaker.state === 'open' ? isoAt(breaker.openedMs + breaker.openForMs) : null,
  }
}
