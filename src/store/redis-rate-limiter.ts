import {
  countedTokens,
  openMemoryRateLimiter,
  type RateLimited,
  type RateLimiter,
  type RateUnit,
  type RateVerdict,
} from '../budget/rate-limit.ts'
import { type RateDebt, roomOf } from '../budget/rate-room.ts'
import type { Clock } from '../core/clock.ts'
import { openRedis, type RedisOptions } from './redis-client.ts'
import acquireScript from './redis-rate.lua' with { type: 'text' }
import releaseScript from './redis-release.lua' with { type: 'text' }

/** A slot of a process that died comes back after this; one that lives takes its own anew long before. */
const SLOT_MS = 660_000
const RENEW_MS = SLOT_MS / 3

export interface RedisRateLimiter extends RateLimiter {
  close(): void
}

/**
 * Limits that all instances share, each decision one atomic step in Redis. While Redis is down or silent each process
 * limits by itself: n processes then admit up to n times as much, and none stops.
 *
 * @param owner unguessable name of this process
 */
export async function openRedisRateLimiter(
  options: RedisOptions & { readonly owner: string; readonly clock: Pick<Clock, 'wallMs'> },
): Promise<RedisRateLimiter> {
  const redis = await openRedis(options)
  const fallback = openMemoryRateLimiter()
  /** What requests under way hold, by their permits. */
  const running = new Map<string, readonly RateLimited[]>()
  let serial = 0

  /** A stream may go on for longer than a slot lasts. */
  function renew(): void {
    const untilMs = String(options.clock.wallMs() + SLOT_MS)
    for (const [permit, limited] of running) {
      for (const { name } of limited) {
        redis.tell((client) => client.send('ZADD', [runningKey(name), 'XX', untilMs, permit]))
        redis.tell((client) => client.send('PEXPIRE', [runningKey(name), String(SLOT_MS)]))
      }
    }
  }

  const stopRenewing = options.scheduler.every(RENEW_MS, renew)

  function releaseOf(limited: readonly RateLimited[], permit: string, tokens: number) {
    let isReleased = false
    return (actualTokens: number | null, wallMs: number): void => {
      if (isReleased) return
      isReleased = true
      running.delete(permit)
      const corrections = limited.flatMap(({ limits: { tokensPerMinute } }) => {
        const counted = countedTokens(tokens, tokensPerMinute ?? 0)
        return [String(actualTokens === null ? 0 : actualTokens - counted), String(tokensPerMinute ?? -1)]
      })
      const args = [String(wallMs), permit, ...corrections]
      redis.tell((client) => client.send('EVAL', [releaseScript, ...keysOf(limited), ...args]))
    }
  }

  return {
    async acquire(limited, tokens, wallMs): Promise<RateVerdict> {
      const permit = `${options.owner}.${(serial++).toString(36)}`
      const args = [String(wallMs), String(tokens), permit, String(SLOT_MS), ...limited.flatMap(limitArgs)]
      try {
        // A place that is given late was taken here by then.
        const giveBack = (): void => releaseOf(limited, permit, tokens)(0, wallMs)
        const reply: unknown = await redis.ask(
          (client) => client.send('EVAL', [acquireScript, ...keysOf(limited), ...args]),
          giveBack,
        )
        const [index, unit, retryAfterMs, ...rest] = Array.isArray(reply) ? reply : []
        const name = limited[Number(index)]?.name
        if (index === undefined || name === undefined) {
          const room = roomOf(debtsOf(limited, [unit, retryAfterMs, ...rest]))
          running.set(permit, limited)
          return { kind: 'admitted', permit: { room, release: releaseOf(limited, permit, tokens) } }
        }
        // The script answers with one of the units that this file gave it.
        return { kind: 'limited', name, unit: unit as RateUnit, retryAfterMs: Number(retryAfterMs) }
      } catch (cause) {
        options.onFault(cause)
        return fallback.acquire(limited, tokens, wallMs)
      }
    },
    close() {
      stopRenewing()
      redis.close()
    },
  }
}

function runningKey(name: string): string {
  return `lynkr:running:${name}`
}

/** The script answers with two numbers for each limited thing. */
function debtsOf(limited: readonly RateLimited[], debts: readonly unknown[]): readonly RateDebt[] {
  return limited.map(({ limits }, i) => ({
    limits,
    requestsMs: Number(debts[2 * i] ?? 0),
    tokensMs: Number(debts[2 * i + 1] ?? 0),
  }))
}

/** The count of keys, then the keys, as EVAL takes them. */
function keysOf(limited: readonly RateLimited[]): readonly string[] {
  const keys = limited.flatMap(({ name }) => [`lynkr:rate:${name}`, runningKey(name)])
  return [String(keys.length), ...keys]
}

function limitArgs({ limits }: RateLimited): readonly string[] {
  const { requestsPerMinute, tokensPerMinute, concurrentRequests } = limits
  return [requestsPerMinute, tokensPerMinute, concurrentRequests].map((limit) => String(limit ?? -1))
}
