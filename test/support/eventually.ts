/** Longer than any machine needs that works at all; only what never becomes true costs it. */
const WITHIN_MS = 60_000
const PAUSE_MS = 20

/**
 * Asks again until it is true: for servers that come back in their own time. A question that fails meanwhile, as one to a
 * server that is away, is asked again too.
 *
 * @throws Error after `withinMs`, with the question's words and its last failure
 */
export async function eventually(isTrue: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  let cause: unknown
  for (const sinceMs = performance.now(); performance.now() - sinceMs < withinMs; ) {
    try {
      if (await isTrue()) return
    } catch (thrown) {
      cause = thrown
    }
    await Bun.sleep(PAUSE_MS)
  }
  throw new Error(`not true within ${withinMs / 1_000} s: ${isTrue}`, { cause })
}
