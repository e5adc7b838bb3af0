const TRIES_MAX = 250
const PAUSE_MS = 20

/** Asks again until it is true: for servers that come back in their own time. Throws after 5 s. */
export async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await isTrue()) return
    await Bun.sleep(PAUSE_MS)
  }
  throw new Error('it did not become true within 5 s')
}
