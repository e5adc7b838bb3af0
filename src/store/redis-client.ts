import { RedisClient } from 'bun'
import type { Scheduler } from '../core/clock.ts'

export interface RedisOptions {
  /** `redis://…`, from `REDIS_URL`; never repeated in a message, for it holds a password. */
  readonly url: string
  readonly scheduler: Scheduler
  readonly onFault: (cause: unknown) => void
}

/** Redis, as far as it answers in time. */
export interface Redis {
  /**
   * Sends a command. Rejects as the client does, if no answer comes within `ANSWER_MS`, and at once while an earlier
   * command is overdue: it would stand behind that one.
   *
   * @param onLate told if the answer comes after all
   */
  ask<Answer>(command: (client: RedisClient) => Promise<Answer>, onLate?: () => void): Promise<Answer>
  /** Sends what nobody waits for, and what must arrive though Redis is slow. */
  tell(command: (client: RedisClient) => Promise<unknown>): void
  close(): void
}

/**
 * A client that fails at once while Redis is down instead of holding requests back, and reconnects by itself. Waits for
 * the first connection at most `CONNECT_MS`; if there is none, the fault is told and the client goes on trying.
 */
export async function openRedis({ url, scheduler, onFault }: RedisOptions): Promise<Redis> {
  const client = new RedisClient(url, {
    enableOfflineQueue: false,
    autoReconnect: true,
    maxRetries: RETRIES_MAX,
    connectionTimeout: CONNECT_MS,
  })
  let overdue = 0

  function ask<Answer>(command: (client: RedisClient) => Promise<Answer>, onLate?: () => void): Promise<Answer> {
    if (overdue > 0) return Promise.reject(new Error('an earlier command waits for its answer'))
    return new Promise((resolve, reject) => {
      let isLate = false
      const cancel = scheduler.after(ANSWER_MS, () => {
        isLate = true
        overdue++
        reject(new Error(`no answer within ${ANSWER_MS} ms`))
      })
      const end = (): void => {
        cancel()
        if (isLate) overdue--
      }
      command(client).then(
        (answer) => {
          end()
          if (isLate) onLate?.()
          resolve(answer)
        },
        (cause: unknown) => {
          end()
          reject(cause)
        },
      )
    })
  }

  // Refused, it goes on trying, and its promise stays open for as long.
  const connecting = client.connect().catch(onFault)
  const patience = Promise.withResolvers<void>()
  const cancel = scheduler.after(CONNECT_MS, () => {
    onFault(new Error(`no connection within ${CONNECT_MS} ms`))
    patience.resolve()
  })
  await Promise.race([connecting, patience.promise])
  cancel()
  return { ask, tell: (command) => void command(client).catch(onFault), close: () => client.close() }
}

const CONNECT_MS = 1_000

/** A script takes under a millisecond. A Redis that is silent for longer hangs, or the network to it does: nobody tells. */
const ANSWER_MS = 500

/** Years of trying: an outage of Redis must not end with a restart of lynkr. */
const RETRIES_MAX = 1_000_000
