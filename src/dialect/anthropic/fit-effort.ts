import { claudeVersion } from './claude-version.ts'

/** The first of which all know an effort. */
const EFFORT_FROM = 46

/** Before those, the only one that does, and no more than `high`. */
const KNOWS_SOME = /claude-opus-4[-.]5(?!\d)/

/** The first that knows `xhigh`; before it `max` alone is above `high`. */
const XHIGH_FROM = 47

/**
 * The effort to ask a Claude for, no higher than it knows: it refuses a request for another one. `null` where it knows none.
 *
 * @see Anthropic, "Effort", 2026
 */
export function fitEffort<T>(effort: T, model: string): T | 'high' | null {
  const version = claudeVersion(model)
  // No effort at all means no thinking, which all of them know.
  if (version === null || version >= XHIGH_FROM || effort === 'none') return effort
  const knowsSome = KNOWS_SOME.test(model)
  if (version < EFFORT_FROM && !knowsSome) return null
  return effort === 'xhigh' || (effort === 'max' && knowsSome) ? 'high' : effort
}
