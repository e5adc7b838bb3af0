import { expect, test } from 'bun:test'
import { openCache } from '../../src/cli/compose-cache.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { RoomMetrics } from '../../src/observability/room-recorder.ts'

/** With PostgreSQL and without Redis, where answers lie in each worker's memory. */
async function keptOf(workers: number): Promise<number> {
  const loaded = loadSettings({
    HOME: '/nonexistent',
    RESPONSE_CACHE_ENABLED: 'true',
    LYNKR_RESPONSE_CACHE_BYTES_MAX: '4194304',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  })
  if ('issues' in loaded) throw new Error(JSON.stringify(loaded.issues))
  const { settings } = loaded
  const sizes: number[] = []
  const metrics = { countCacheLookup: () => undefined, showCache: (entries: number) => void sizes.push(entries) }
  const onFault = (cause: unknown) => {
    throw cause
  }
  const { cache, closeCache } = await openCache({
    settings,
    metrics: metrics satisfies Pick<RoomMetrics, 'countCacheLookup' | 'showCache'>,
    workers,
    onFault,
  })
  for (let i = 0; i < 10; i++) await cache?.store.putCached(`k${i}`, new Uint8Array(1_000_000), 1_000 + i)
  closeCache()
  return sizes.at(-1) ?? 0
}

test('answers in the memory of several workers are together no more than the limit', async () => {
  expect([await keptOf(1), await keptOf(4)]).toEqual([4, 1])
})
