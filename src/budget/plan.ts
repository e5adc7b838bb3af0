import { type Account, accountsOf, type BudgetRule, type Subject } from './rule.ts'
import { type HoldLine, isCurrent, openSlice, type Slice } from './slice.ts'

/** Subjects whose accounts are remembered: some 10 MB. Names of models come from clients, so there is no end to them. */
const PLANS_MAX = 10_000

/** Accounts with a slice in memory; the idle ones leave first. */
const SLICES_MAX = 20_000

/** Which slices a request has to be paid from, remembered per subject. */
export interface Plans {
  /** Slices of the windows that hold `wallMs`, in the order of their accounts. */
  slicesFor(subject: Subject, wallMs: number): readonly Slice[]
  slices(): readonly Slice[]
  /** What is free beyond use: all of a slice idle since the last call or past its window, and any stock above its limit. */
  collectSurplus(wallMs: number): readonly HoldLine[]
  replaceRules(rules: readonly BudgetRule[]): void
}

/** What one subject pays from, as it was when it last paid. */
interface Plan {
  readonly accounts: readonly Account[]
  slices: readonly Slice[]
}

/** @param onRetire told of slices that are about to be forgotten while they may still hold something */
export function openPlans(initial: readonly BudgetRule[], onRetire: (slices: readonly Slice[]) => void): Plans {
  let rules = initial
  const plans = new Map<string, Plan>()
  const slices = new Map<string, Slice>()

  function planFor(subject: Subject): Plan {
    const name = `${subject.key}\n${subject.user}\n${subject.team}\n${subject.model}`
    const known = plans.get(name)
    if (known !== undefined) return known
    const plan = { accounts: accountsOf(rules, subject), slices: [] }
    if (plans.size >= PLANS_MAX) plans.clear()
    plans.set(name, plan)
    return plan
  }

  function isInForce({ accounts, slices }: Plan, wallMs: number): boolean {
    return slices.length === accounts.length && slices.every((slice) => !slice.isRetired && isCurrent(slice, wallMs))
  }

  function sliceFor(account: Account, wallMs: number): Slice {
    const known = slices.get(account.name)
    if (known !== undefined && isCurrent(known, wallMs)) return known
    if (known !== undefined) retire(account.name, known)
    if (slices.size >= SLICES_MAX) forgetOldest()
    const fresh = openSlice(account, wallMs)
    slices.set(account.name, fresh)
    return fresh
  }

  function forgetOldest(): void {
    const oldest = slices.entries().next().value
    if (oldest === undefined) return
    retire(oldest[0], oldest[1])
  }

  function retire(name: string, slice: Slice): void {
    slices.delete(name)
    slice.isRetired = true
    onRetire([slice])
  }

  return {
    slicesFor(subject, wallMs) {
      const plan = planFor(subject)
      if (!isInForce(plan, wallMs)) plan.slices = plan.accounts.map((account) => sliceFor(account, wallMs))
      return plan.slices
    },
    slices: () => [...slices.values()],
    collectSurplus(wallMs) {
      const surplus: HoldLine[] = []
      for (const [name, slice] of slices) {
        const isUseless = slice.isIdle || !isCurrent(slice, wallMs)
        surplus.push({ slice, amount: isUseless ? slice.free : slice.free - slice.max })
        slice.isIdle = true
        if (!isUseless) continue
        slices.delete(name)
        slice.isRetired = true
      }
      return surplus.filter((line) => line.amount > 0)
    },
    replaceRules(next) {
      rules = next
      plans.clear()
      for (const [name, slice] of slices) retire(name, slice)
    },
  }
}
