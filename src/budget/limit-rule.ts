import type { RateLimited } from './rate-limit.ts'
import type { RateLimits } from './rate-room.ts'
import { countedId, exactness, type ScopeKind, type Subject } from './rule.ts'

export const LIMIT_UNITS = ['requestsPerMinute', 'tokensPerMinute', 'concurrentRequests'] as const
export type LimitUnit = (typeof LIMIT_UNITS)[number]

/** One limit of a pace. `match` is as a budget's: an id, `*` for each by itself, or the beginning of models that share it. */
export interface LimitRule {
  readonly scope: ScopeKind
  readonly match: string
  readonly unit: LimitUnit
  readonly limit: number
}

/** Who is limited; a `null` belongs to no limit of that scope. */
export type Caller = Omit<Subject, 'model'>

/** Which limits hold for a request, remembered per caller and model. */
export interface LimitBook {
  /** Of its key, user and team, and those for everybody: known before the body is read. */
  ofCaller(caller: Caller): readonly RateLimited[]
  /** Of a model, under the name that its provider knows it by. */
  ofModel(model: string): readonly RateLimited[]
}

/** Callers and models remembered; names come from clients, so there is no end to them. Some 5 MB. */
const REMEMBERED_MAX = 10_000

const NONE: readonly RateLimited[] = []
const UNLIMITED: RateLimits = { requestsPerMinute: null, tokensPerMinute: null, concurrentRequests: null }

export function openLimitBook(rules: readonly LimitRule[]): LimitBook {
  const remembered = new Map<string, readonly RateLimited[]>()
  const hasModels = rules.some(({ scope }) => scope === 'model')
  const hasCallers = rules.some(({ scope }) => scope !== 'model')

  function remember(name: string, find: () => readonly RateLimited[]): readonly RateLimited[] {
    const known = remembered.get(name)
    if (known !== undefined) return known
    const found = find()
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    remembered.set(name, found)
    return found
  }

  return {
    ofCaller(caller) {
      if (!hasCallers) return NONE
      return remember(`${caller.key}\n${caller.user}\n${caller.team}`, () =>
        (['key', 'user', 'team', 'global'] as const).flatMap((scope) => {
          const id = scope === 'global' ? '*' : caller[scope]
          return id === null ? [] : limitedOf(rules, scope, id)
        }),
      )
    },
    ofModel: (model) => (hasModels ? remember(`model\n${model}`, () => limitedOf(rules, 'model', model)) : NONE),
  }
}

/** All units of one id, each by its most exact rule, together where they are counted together. */
function limitedOf(rules: readonly LimitRule[], scope: ScopeKind, id: string): readonly RateLimited[] {
  const inForce = new Map<LimitUnit, LimitRule>()
  const mine = rules.filter((rule) => rule.scope === scope && exactness(rule, id) > 0)
  for (const rule of mine.toSorted((a, b) => (exactness(a, id) < exactness(b, id) ? -1 : 1)))
    inForce.set(rule.unit, rule)
  const byName = new Map<string, RateLimits>()
  for (const rule of inForce.values()) {
    // A key's own limits are counted under `key:`, apart from those that the section `limits` sets for it.
    const name = `limit-${scope}:${countedId(rule, id)}`
    byName.set(name, { ...(byName.get(name) ?? UNLIMITED), [rule.unit]: rule.limit })
  }
  return [...byName].map(([name, limits]) => ({ name, limits }))
}
