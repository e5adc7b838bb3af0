import { CAPABILITIES_MAX, CAPABILITY_LESSONS_MAX } from '../core/limits.ts'
import type { Target } from '../core/target.ts'
import { targetKey } from './target-key.ts'

/** How long what a server refused is left out, in ms: a later version may accept it. */
export const CAPABILITY_TTL_MS = 24 * 60 * 60 * 1_000

/** Features that one model at one provider refuses, as its error messages said. */
export interface LearnedCapability {
  readonly provider: string
  readonly model: string
  /** Names of rows in `dialect/strips/strip-table.ts`; `NAME@BETA` where it holds for requests that name this beta. */
  readonly strips: readonly string[]
  readonly learnedWallMs: number
  readonly expiresWallMs: number
}

/** What targets were found not to accept. Forgotten after a day, or when the process ends. */
export interface CapabilityMap {
  /** What to leave out for this target, as `strips` above: what its provider's quirks say, and what was learnt. One look into a map. */
  stripsOf(target: Target, wallMs: number): readonly string[]
  /** Remembers that the server accepted a request only without these. */
  learn(target: Target, names: readonly string[], wallMs: number): void
  list(wallMs: number): readonly LearnedCapability[]
  /** Forgets all that was learnt of one provider. */
  forget(providerId: string): void
  /** @returns how many were forgotten */
  clear(): number
}

/** At most `CAPABILITIES_MAX` targets, the oldest forgotten first. */
export function openCapabilityMap(): CapabilityMap {
  const learned = new Map<string, LearnedCapability>()
  const lookUp = (key: string, wallMs: number): LearnedCapability | null => {
    const known = learned.get(key)
    if (known === undefined) return null
    if (known.expiresWallMs > wallMs) return known
    learned.delete(key)
    return null
  }
  return {
    stripsOf(target, wallMs) {
      const configured = target.provider.quirks.strips ?? NONE
      if (learned.size === 0) return configured
      const known = lookUp(targetKey(target), wallMs)
      if (known === null) return configured
      return configured.length === 0 ? known.strips : [...new Set([...configured, ...known.strips])]
    },
    learn(target, names, wallMs) {
      const key = targetKey(target)
      const before = lookUp(key, wallMs)?.strips ?? NONE
      learned.delete(key)
      if (learned.size >= CAPABILITIES_MAX) learned.delete(learned.keys().next().value ?? '')
      learned.set(key, {
        provider: target.provider.id,
        model: target.model,
        strips: [...new Set([...before, ...names])].slice(-CAPABILITY_LESSONS_MAX),
        learnedWallMs: wallMs,
        expiresWallMs: wallMs + CAPABILITY_TTL_MS,
      })
    },
    list: (wallMs) => [...learned.keys()].map((key) => lookUp(key, wallMs)).filter((known) => known !== null),
    forget(providerId) {
      for (const [key, { provider }] of learned) if (provider === providerId) learned.delete(key)
    },
    clear() {
      const { size } = learned
      learned.clear()
      return size
    },
  }
}

const NONE: readonly string[] = Object.freeze([])
