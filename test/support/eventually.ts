/** Longer than any machine needs that works at all; only what never becomes true costs it. */
const WITHIN_MS = 60_000
const PAUSE_MS = 20

/** Asks again until it is true: for servers that come back in their own time. Throws after `withinMs`. */
export async function eventually(isTrue: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  for (const sinceMs = performance.now(); performance.now() - sinceMs < withinMs; ) {
    if (await isTrue()) return
    await Bun.sleep(PAUSE_MS)
  }
  throw new Error(`it did not become true within ${withinMs / 1_000} s`)
}
