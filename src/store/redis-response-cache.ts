import type { ResponseCacheStore } from '../core/store.ts'
import { openRedis, type RedisOptions } from './redis-client.ts'

/** Time of storing, in front of the body. */
const STAMP_BYTES = 8

/** Answers that all instances share. Redis bounds the bytes (`maxmemory`, an `allkeys` policy), expiry bounds the age. */
export async function openRedisResponseCache(
  options: RedisOptions & { readonly ageMaxMs: number },
): Promise<ResponseCacheStore & { close(): void }> {
  const redis = await openRedis(options)
  return {
    async getCached(key, wallMs, ageMaxMs) {
      try {
        const found = await redis.ask((client) => client.getBuffer(`lynkr:cache:${key}`))
        if (found === null || found.byteLength < STAMP_BYTES) return null
        const ageMs = wallMs - new DataView(found.buffer, found.byteOffset).getFloat64(0)
        if (ageMs < 0 || ageMs >= options.ageMaxMs || (ageMaxMs !== null && ageMs > ageMaxMs)) return null
        return { body: found.subarray(STAMP_BYTES), ageMs }
      } catch (cause) {
        options.onFault(cause)
        return null
      }
    },
    async putCached(key, body, wallMs) {
      const stamped = new Uint8Array(STAMP_BYTES + body.byteLength)
      new DataView(stamped.buffer).setFloat64(0, wallMs)
      stamped.set(body, STAMP_BYTES)
      try {
        await redis.ask((client) => client.set(`lynkr:cache:${key}`, stamped, 'PX', options.ageMaxMs))
      } catch (cause) {
        options.onFault(cause)
      }
    },
    close: redis.close,
  }
}
