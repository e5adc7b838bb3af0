import type { Cooldowns } from './cooldown.ts'

/** The credential to use, or how long until one of them may be used again. */
export type KeyChoice =
  | { readonly type: 'key'; readonly credential: string }
  | { readonly type: 'cooling'; readonly retryAfterMs: number }

export interface KeyQuestion {
  /** Names of the provider's credentials that this request has not tried yet; never the secrets. */
  readonly credentials: readonly string[]
  readonly model: string
  /** Where the rotation starts, a whole number ≥ 0: a hash of the session keeps a conversation on the key whose prompt cache is warm. */
  readonly start: number
  readonly nowMs: number
}

/**
 * Rotates through the credentials from `start` on: the first that neither cools nor is marked; else, of those that do
 * not cool, the one whose mark ends first (the last credential left is always tried); else nobody until the soonest
 * cooldown is over.
 */
export function selectKey(cooldowns: Cooldowns, question: KeyQuestion): KeyChoice {
  const { credentials, model, start, nowMs } = question
  let soonestCoolMs = Number.POSITIVE_INFINITY
  let leastMarkedMs = Number.POSITIVE_INFINITY
  let leastMarked: string | null = null
  for (let i = 0; i < credentials.length; i++) {
    const credential = credentials[(start + i) % credentials.length] ?? ''
    const coolMs = cooldowns.coolForMs(credential, model, nowMs)
    if (coolMs > 0) {
      soonestCoolMs = Math.min(soonestCoolMs, coolMs)
      continue
    }
    const markedMs = cooldowns.markedForMs(credential, nowMs)
    if (markedMs === 0) return { type: 'key', credential }
    if (markedMs >= leastMarkedMs) continue
    leastMarkedMs = markedMs
    leastMarked = credential
  }
  if (leastMarked !== null) return { type: 'key', credential: leastMarked }
  return { type: 'cooling', retryAfterMs: Number.isFinite(soonestCoolMs) ? soonestCoolMs : 0 }
}
