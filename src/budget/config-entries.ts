import type { z } from 'zod'
import type { ScopeKind } from './rule.ts'

/** Whether an entry of the scope `global`, which has no ids, names none. */
export function isWithoutGlobalId({ scope, match }: { readonly scope: ScopeKind; readonly match: string }): boolean {
  return scope !== 'global' || match === '*'
}

export const GLOBAL_ID = { message: 'the scope "global" has no ids: leave "match" out', path: ['match'] }

/** Whether the `*` of an entry is one that is understood: alone, or at the end of a model's beginning. */
export function hasPlainStar({ scope, match }: { readonly scope: ScopeKind; readonly match: string }): boolean {
  return match === '*' || !match.slice(0, scope === 'model' ? -1 : undefined).includes('*')
}

export const PLAIN_STAR = { message: 'may hold a "*" alone, or at the end of how models begin', path: ['match'] }

/**
 * Refuses two entries of a section that do the same, and names both.
 *
 * @param doing what an entry does in one unit, as a verb and its object
 */
export function refuseTwice<Unit extends string, Entry extends Partial<Record<Unit, number | undefined>>>(
  section: string,
  units: readonly Unit[],
  doing: (entry: Entry, unit: Unit) => string,
): (entries: readonly Entry[], context: z.RefinementCtx) => void {
  return (entries, context) => {
    const seen = new Map<string, number>()
    entries.forEach((entry, i) => {
      for (const unit of units) {
        if (entry[unit] === undefined) continue
        const what = doing(entry, unit)
        const before = seen.get(what)
        if (before === undefined) seen.set(what, i)
        else {
          const message = `${section}[${before}] and ${section}[${i}] both ${what}; keep one of them`
          context.addIssue({ code: 'custom', message, path: [i, unit] })
        }
      }
    })
  }
}
