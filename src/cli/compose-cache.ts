import { join } from 'node:path'
import { openSingleFlight } from '../cache/single-flight.ts'
import type { Settings } from '../config/load.ts'
import { systemScheduler } from '../core/clock.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { AnswerCache } from '../pipeline/ports.ts'
import { fits } from '../routing/patterns.ts'
import { STORE_FILE } from '../store/open-store.ts'
import { openRedisResponseCache } from '../store/redis-response-cache.ts'
import { sha256 } from '../store/sha256.ts'
import { openSqliteResponseCache } from '../store/sqlite-response-cache.ts'

export interface CacheOptions {
  readonly settings: Settings
  readonly metrics: Pick<RoomMetrics, 'countCacheLookup' | 'showCache'>
  /** Number of workers; a cache in memory is each worker's own. */
  readonly workers: number
  readonly onFault: (cause: unknown) => void
}

/** The response cache where it is switched on: in Redis, else in the embedded file, else in memory. The store is open already. */
export async function openCache(
  options: CacheOptions,
): Promise<{ readonly cache: AnswerCache | null; closeCache(): void }> {
  if (!options.settings.responseCacheEnabled) return { cache: null, closeCache: () => undefined }
  const store = await openCacheStore(options)
  const cache: AnswerCache = {
    store,
    flights: openSingleFlight(),
    sha256,
    isShared: options.settings.responseCacheShared,
    isOnFor: (model) => options.settings.responseCacheModels.some((pattern) => fits(pattern, model)),
    onLookup: (result, savedMicroUsd) => options.metrics.countCacheLookup(result, savedMicroUsd),
  }
  return { cache, closeCache: () => store.close() }
}

/** Whether each worker keeps its answers in its own memory. */
export function isCacheInMemory({ redisUrl, databaseUrl }: Settings): boolean {
  return redisUrl === undefined && databaseUrl !== undefined
}

async function openCacheStore({ settings, metrics, workers, onFault }: CacheOptions) {
  const { redisUrl, dataDir } = settings
  const ageMaxMs = settings.responseCacheAgeMaxMs
  if (redisUrl !== undefined)
    return openRedisResponseCache({ url: redisUrl, ageMaxMs, scheduler: systemScheduler, onFault })
  const isInMemory = isCacheInMemory(settings)
  const path = isInMemory ? ':memory:' : join(dataDir, STORE_FILE)
  const bytesMax = Math.ceil(settings.responseCacheBytesMax / (isInMemory ? workers : 1))
  const onSize = (entries: number, bytes: number): void => metrics.showCache(entries, bytes)
  return openSqliteResponseCache({ path, ageMaxMs, bytesMax, onFault, onSize })
}
