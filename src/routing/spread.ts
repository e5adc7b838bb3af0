import type { Target } from '../core/target.ts'

/**
 * The targets of a route in the order to try them. Without weights that is the order of the file. With weights each
 * session gets its own order, always the same, in which a target stands first for a part of all sessions that is its
 * weight over the sum of weights: a session stays where its prompt is cached. If a target goes, only its own sessions
 * move; they spread over the rest by weight. Targets of weight 0 come last, in the order of the file.
 *
 * Weighted rendezvous hashing: the score of a target is −w / ln(h), h in (0, 1) hashed of session and target. Worked
 * number: of weights 3 and 1, h = 0.5 and 0.2 give 4.33 and 0.62: the first is tried first.
 *
 * @param key what sessions differ by; asked for only if there are weights
 * @see Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates"; Schindelhauer and Schomaker 2005,
 *   "Weighted distributed hash tables"
 */
export function spread(targets: readonly Target[], key: () => string): readonly Target[] {
  if (targets.length < 2 || !targets.some(({ weight }) => weight !== undefined)) return targets
  const session = key()
  const scored = targets.map((target, place) => ({ target, place, score: scoreOf(target, session) }))
  return scored.sort((one, two) => two.score - one.score || one.place - two.place).map(({ target }) => target)
}

function scoreOf({ provider, model, weight = 1 }: Target, session: string): number {
  if (weight === 0) return 0
  return -weight / Math.log(unitHash(`${provider.id}\n${model}\n${session}`))
}

/**
 * A text as a number in (0, 1): FNV-1a, then MurmurHash3's finalizer, without which near texts give near numbers.
 *
 * @see Appleby 2011, MurmurHash3 `fmix32` (public domain)
 */
function unitHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 + 2 ** -33
}
