import { bucketKey } from './ledger-draft.ts'
import { type Account, accountsOf, type BudgetRule, countsSpending, type Subject } from './rule.ts'
import { isCurrent, openSlice, type Share, type Slice, wholeOf } from './slice.ts'

/** Subjects whose accounts are remembered: some 10 MB. Names of models come from clients, so there is no end to them. */
const PLANS_MAX = 10_000

/** Accounts with a slice in memory; the idle ones leave first. */
const SLICES_MAX = 20_000

/** Which slices a request has to be paid from, remembered per subject. */
export interface Plans {
  /** Whether the subject has an account. */
  applies(subject: Subject): boolean
  /** Whether one of its accounts is of dollars. */
  countsDollars(subject: Subject): boolean
  /** As `countsSpending` of the rules. */
  countsSpending(subject: Subject): boolean
  /** Slices of the windows that hold `wallMs`, in the order of their accounts. */
  slicesFor(subject: Subject, wallMs: number): readonly Slice[]
  /** Those that left lately too: the end of a lease is the end of what they hold. */
  slices(): readonly Slice[]
  /** What is free beyond use: all of a slice idle since the last call or past its window, and any stock above its limit. */
  collectSurplus(wallMs: number): readonly Share[]
  replaceRules(rules: readonly BudgetRule[]): void
}

/** What one subject pays from, as it was when it last paid. */
interface Plan {
  readonly subject: Subject
  readonly accounts: readonly Account[]
  readonly countsDollars: boolean
  readonly countsSpending: boolean
  slices: readonly Slice[]
}

/** @param onRetire told of slices that are about to be forgotten while they may still hold something */
export function openPlans(initial: readonly BudgetRule[], onRetire: (slices: readonly Slice[]) => void): Plans {
  let rules = initial
  const plans = new Map<string, Plan>()
  const slices = new Map<string, Slice>()
  /**
   * Retired ones, by bucket, until nothing of them is on its way to the store. The ledger knows one slice per bucket,
   * and says what that holds: were there another beside it here, both would spend the same.
   */
  const leaving = new Map<string, Slice>()
  /** A request asks several times in a row. */
  let latest: Plan | null = null

  function planFor(subject: Subject): Plan {
    if (latest === null || !isSame(latest.subject, subject)) latest = rememberedPlan(subject)
    return latest
  }

  function rememberedPlan(subject: Subject): Plan {
    const name = `${subject.key}\n${subject.user}\n${subject.team}\n${subject.model}`
    const known = plans.get(name)
    if (known !== undefined) return known
    const accounts = accountsOf(rules, subject)
    const counts = {
      countsDollars: accounts.some(({ rule }) => rule.unit === 'usd'),
      countsSpending: countsSpending(rules, accounts),
    }
    const plan = { subject, accounts, ...counts, slices: [] }
    if (plans.size >= PLANS_MAX) plans.clear()
    plans.set(name, plan)
    return plan
  }

  function isInForce({ accounts, slices }: Plan, wallMs: number): boolean {
    if (slices.length !== accounts.length) return false
    for (const slice of slices) if (slice.isRetired || !isCurrent(slice, wallMs)) return false
    return true
  }

  function sliceFor(account: Account, wallMs: number): Slice {
    const known = slices.get(account.name)
    if (known !== undefined && isCurrent(known, wallMs)) return known
    if (known !== undefined) retire(account.name, known)
    if (slices.size >= SLICES_MAX) forgetOldest()
    const fresh = openSlice(account, wallMs)
    const slice = tryRevive(fresh) ?? fresh
    slices.set(account.name, slice)
    return slice
  }

  function tryRevive({ account, window }: Slice): Slice | null {
    const bucket = bucketKey(account.name, window.index)
    const former = leaving.get(bucket)
    leaving.delete(bucket)
    if (former === undefined) return null
    return Object.assign(former, { account, isRetired: false, isIdle: false })
  }

  function forgetOldest(): void {
    const oldest = slices.entries().next().value
    if (oldest === undefined) return
    retire(oldest[0], oldest[1])
  }

  function retire(name: string, slice: Slice): void {
    leave(name, slice)
    onRetire([slice])
  }

  function leave(name: string, slice: Slice): void {
    slices.delete(name)
    slice.isRetired = true
    leaving.set(bucketKey(name, slice.window.index), slice)
  }

  function forgetSettled(): void {
    for (const [bucket, slice] of leaving) {
      if (slice.unconfirmed > 0) continue
      slice.isForgotten = true
      leaving.delete(bucket)
    }
  }

  return {
    applies: (subject) => rules.length > 0 && planFor(subject).accounts.length > 0,
    countsDollars: (subject) => rules.length > 0 && planFor(subject).countsDollars,
    countsSpending: (subject) => rules.length > 0 && planFor(subject).countsSpending,
    slicesFor(subject, wallMs) {
      if (rules.length === 0) return NO_SLICES
      const plan = planFor(subject)
      if (!isInForce(plan, wallMs)) plan.slices = plan.accounts.map((account) => sliceFor(account, wallMs))
      return plan.slices
    },
    slices: () => [...slices.values(), ...leaving.values()],
    collectSurplus(wallMs) {
      forgetSettled()
      const surplus: Share[] = []
      for (const [name, slice] of slices) {
        const isUseless = slice.isIdle || !isCurrent(slice, wallMs)
        surplus.push(isUseless ? wholeOf(slice) : { slice, amount: slice.free - slice.max })
        slice.isIdle = true
        if (isUseless) leave(name, slice)
      }
      return surplus.filter((line) => line.amount > 0)
    },
    replaceRules(next) {
      rules = next
      latest = null
      plans.clear()
      for (const [name, slice] of slices) retire(name, slice)
    },
  }
}

const NO_SLICES: readonly Slice[] = []

function isSame(one: Subject, other: Subject): boolean {
  return one.key === other.key && one.model === other.model && one.user === other.user && one.team === other.team
}
