import { heapStats } from 'bun:jsc'
import { appendFileSync } from 'node:fs'

/**
 * Loaded into the process under test before its own code: tells every two seconds, after a collection, what no endpoint
 * tells. One line of JSON each, into the file that `LYNKR_SOAK_PROBE` names.
 */
export interface Probed {
  readonly heapBytes: number
  readonly objects: number
  readonly timers: number
}

const EVERY_MS = 2_000
const file = process.env.LYNKR_SOAK_PROBE

if (file !== undefined) {
  setInterval(() => {
    Bun.gc(true)
    const { heapSize, objectCount, objectTypeCounts } = heapStats()
    const probed: Probed = { heapBytes: heapSize, objects: objectCount, timers: objectTypeCounts.Timeout ?? 0 }
    appendFileSync(file, `${JSON.stringify(probed)}\n`)
  }, EVERY_MS).unref()
}
