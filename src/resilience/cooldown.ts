import { COOLDOWN_MS_MAX } from '../core/limits.ts'

/** Rest after a 429 that does not say how long. */
const COOLDOWN_DEFAULT_MS = 1_000
/** How long a credential is avoided after a 401 or 403. */
const MARK_MS = 60_000

/**
 * How long our own credentials must rest. A client's own credential is never put in here: one client's limit is no reason
 * to make others wait.
 */
export interface Cooldowns {
  /** After a 429. @param retryAfterMs upstream's Retry-After; 0 if absent; capped at `COOLDOWN_MS_MAX` */
  cool(credential: string, model: string, retryAfterMs: number, nowMs: number): void
  /** After a 401 or 403: the credential is avoided for a minute, for every model. */
  mark(credential: string, nowMs: number): void
  /** Rest of the pair's cooldown in ms; 0 if there is none. */
  coolForMs(credential: string, model: string, nowMs: number): number
  /** Rest of the credential's mark in ms; 0 if there is none. */
  markedForMs(credential: string, nowMs: number): number
  /** Forgets all about a credential, which is for another server now. Cost linear in what is remembered. */
  forget(credential: string): void
}

/**
 * A new cooldown never shortens an old one. At the bound, what has ended is removed, or else what ends soonest.
 *
 * @param entriesMax bound of each of the two maps: `COOLDOWNS_MAX`
 */
export function openCooldowns(entriesMax: number): Cooldowns {
  const coolUntilMs = new Map<string, number>()
  const markUntilMs = new Map<string, number>()
  return {
    cool(credential, model, retryAfterMs, nowMs) {
      const waitMs = retryAfterMs > 0 ? Math.min(retryAfterMs, COOLDOWN_MS_MAX) : COOLDOWN_DEFAULT_MS
      extend(coolUntilMs, pairOf(credential, model), nowMs + waitMs, { nowMs, entriesMax })
    },
    mark(credential, nowMs) {
      extend(markUntilMs, credential, nowMs + MARK_MS, { nowMs, entriesMax })
    },
    coolForMs: (credential, model, nowMs) => restMs(coolUntilMs, pairOf(credential, model), nowMs),
    markedForMs: (credential, nowMs) => restMs(markUntilMs, credential, nowMs),
    forget(credential) {
      markUntilMs.delete(credential)
      for (const pair of coolUntilMs.keys()) if (pair.startsWith(pairOf(credential, ''))) coolUntilMs.delete(pair)
    },
  }
}

/** A credential's name is ours and has no newline, so no two pairs look alike. */
function pairOf(credential: string, model: string): string {
  return `${credential}\n${model}`
}

function restMs(untilMs: ReadonlyMap<string, number>, key: string, nowMs: number): number {
  if (untilMs.size === 0) return 0
  return Math.max(0, (untilMs.get(key) ?? nowMs) - nowMs)
}

function extend(
  untilMs: Map<string, number>,
  key: string,
  toMs: number,
  bound: { readonly nowMs: number; readonly entriesMax: number },
): void {
  const oldMs = untilMs.get(key)
  if (oldMs === undefined && untilMs.size >= bound.entriesMax) makePlace(untilMs, bound.nowMs)
  untilMs.set(key, Math.max(oldMs ?? 0, toMs))
}

/** Removes all that is over, or else the one that ends soonest. O(n), and only at the bound. */
function makePlace(untilMs: Map<string, number>, nowMs: number): void {
  let soonest: { key: string; atMs: number } | null = null
  let removed = 0
  for (const [key, atMs] of untilMs) {
    if (atMs <= nowMs) {
      untilMs.delete(key)
      removed += 1
    } else if (soonest === null || atMs < soonest.atMs) soonest = { key, atMs }
  }
  if (removed === 0 && soonest !== null) untilMs.delete(soonest.key)
}
