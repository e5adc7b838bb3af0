/**
 * Identical requests in flight share one call. The first is the leader and does the work; the others wait for what it
 * publishes. A leader that fails publishes `null`, and each follower then does its own work: a failure is not shared.
 */
export interface SingleFlight<Value> {
  /** @returns a flight to lead, or the promise of the leader's value */
  join(key: string): { readonly lead: Lead<Value> } | { readonly follow: Promise<Value | null> }
}

/** Must be ended once, in `finally`; a second end does nothing. */
export interface Lead<Value> {
  end(value: Value | null): void
}

/** Keys in flight; beyond it every request leads its own flight, unshared. */
const FLIGHTS_MAX = 10_000

export function openSingleFlight<Value>(): SingleFlight<Value> {
  const flights = new Map<string, Promise<Value | null>>()
  return {
    join(key) {
      const running = flights.get(key)
      if (running !== undefined) return { follow: running }
      const { promise, resolve } = Promise.withResolvers<Value | null>()
      const isShared = flights.size < FLIGHTS_MAX
      if (isShared) flights.set(key, promise)
      return {
        lead: {
          end(value) {
            if (isShared && flights.get(key) === promise) flights.delete(key)
            resolve(value)
          },
        },
      }
    },
  }
}
