import { RedisClient } from 'bun'
import type { Scheduler } from '../core/clock.ts'

export interface RedisOptions {
  /** `redis://…`, from `REDIS_URL`; never repeated in a message, for it holds a password. */
  readonly url: string
  readonly scheduler: Scheduler
  readonly onFault: (cause: unknown) => void
}

/**
 * A client that fails at once while Redis is down instead of holding requests back, and reconnects by itself. Waits for
 * the first connection at most `CONNECT_MS`; if there is none, the fault is told and the client goes on trying.
 */
export async function openRedis({ url, scheduler, onFault }: RedisOptions): Promise<RedisClient> {
  const client = new RedisClient(url, {
    enableOfflineQueue: false,
    autoReconnect: true,
    maxRetries: RETRIES_MAX,
    connectionTimeout: CONNECT_MS,
  })
  // Refused, it goes on trying, and its promise stays open for as long.
  const connecting = client.connect().catch(onFault)
  const patience = Promise.withResolvers<void>()
  const cancel = scheduler.after(CONNECT_MS, () => {
    onFault(new Error(`no connection within ${CONNECT_MS} ms`))
    patience.resolve()
  })
  await Promise.race([connecting, patience.promise])
  cancel()
  return client
}

const CONNECT_MS = 1_000

/** Years of trying: an outage of Redis must not end with a restart of lynkr. */
const RETRIES_MAX = 1_000_000
