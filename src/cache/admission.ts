import type { FinishReason } from '../core/event.ts'

/** What the client and the operator say about one request and the cache. */
export interface CacheWishes {
  /** The operator's switch for this route. */
  readonly isEnabled: boolean
  /** The client's `x-lynkr-cache` header, or `null`. */
  readonly lynkrHeader: string | null
  /** The client's `cache-control` header, or `null`. */
  readonly cacheControl: string | null
}

export interface CacheUse {
  readonly mayRead: boolean
  readonly mayStore: boolean
  /** Oldest answer that may be served, in ms; `null`: any that the cache still has. */
  readonly ageMaxMs: number | null
}

const NO_USE: CacheUse = { mayRead: false, mayStore: false, ageMaxMs: null }

/**
 * Whether to look and whether to keep. `x-lynkr-cache: on|off|refresh` wins; `off` always wins. Then `cache-control`
 * (RFC 9111): `no-store` neither, `no-cache` asks anew and keeps the answer, `max-age=n` serves nothing older.
 */
export function cacheUse(wishes: CacheWishes): CacheUse {
  const word = wishes.lynkrHeader?.trim().toLowerCase() ?? ''
  const directives = (wishes.cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  if (word === 'off' || directives.includes('no-store')) return NO_USE
  if (!wishes.isEnabled && word !== 'on' && word !== 'refresh') return NO_USE
  const age = directives.map((one) => /^max-age="?(\d{1,9})"?$/.exec(one)?.[1]).find((seconds) => seconds !== undefined)
  const ageMaxMs = age === undefined ? null : Number(age) * 1_000
  return { mayRead: word !== 'refresh' && !directives.includes('no-cache') && ageMaxMs !== 0, mayStore: true, ageMaxMs }
}

export interface Answer {
  readonly status: number
  readonly reason: FinishReason
  readonly bytes: number
}

/** Only a whole answer is worth keeping: errors, refusals and truncated answers would be repeated as if they were right. */
export function mayKeep({ status, reason, bytes }: Answer, bytesMax: number): boolean {
  const isWhole = reason.kind === 'end_turn' || reason.kind === 'tool_use' || reason.kind === 'stop_sequence'
  return status === 200 && isWhole && bytes <= bytesMax
}
