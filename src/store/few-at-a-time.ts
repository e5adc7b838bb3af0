import { StoreError } from '../core/store.ts'

/** What waits for its turn: more than people ask for. */
const WAITING_MAX = 100

/**
 * Runs what it is given in its order, so many at the same time.
 *
 * @returns rejects as the work does, or with `StoreError` `locked` where too much waits already
 */
export function fewAtATime(max: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = max
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else {
      if (waiting.length >= WAITING_MAX) throw new StoreError('locked', 'too many reports wait for the database')
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
