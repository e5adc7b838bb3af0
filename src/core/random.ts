/** Uniform in [0, 1). Rooms take it as an argument; the composition root passes `systemRandom`. */
export type Random = () => number

export const systemRandom: Random = Math.random

/** Fills a new array with `length` bytes that cannot be guessed. */
export function secureBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length))
}

/**
 * A reproducible source for tests and the simulator: mulberry32, period 2^32.
 *
 * @param seed any integer; the same seed gives the same sequence
 * @see Ettinger 2017, mulberry32 (public domain)
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
