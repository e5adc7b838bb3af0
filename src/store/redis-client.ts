import { RedisClient } from 'bun'

export interface RedisOptions {
  /** `redis://…`, from `REDIS_URL`; never repeated in a message, for it holds a password. */
  readonly url: string
  readonly onFault: (cause: unknown) => void
}

/**
 * A client that fails at once while Redis is down instead of holding requests back, and reconnects by itself. Waits for
 * the first connection at most `CONNECT_MS`; if there is none, the fault is told and the client goes on trying.
 */
export async function openRedis({ url, onFault }: RedisOptions): Promise<RedisClient> {
  const client = new RedisClient(url, {
    enableOfflineQueue: false,
    autoReconnect: true,
    maxRetries: RETRIES_MAX,
    connectionTimeout: CONNECT_MS,
  })
  await client.connect().catch(onFault)
  return client
}

const CONNECT_MS = 1_000

/** Years of trying: an outage of Redis must not end with a restart of lynkr. */
const RETRIES_MAX = 1_000_000
