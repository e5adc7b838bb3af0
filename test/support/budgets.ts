import { type BudgetGate, openBudgetGate } from '../../src/budget/gate.ts'
import type { Hold } from '../../src/budget/hold.ts'
import type { BudgetRule, Subject } from '../../src/budget/rule.ts'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { LedgerStore } from '../../src/core/store.ts'
import type { openFakeClock } from './fake-clock.ts'

export const SUBJECT: Subject = { key: 'k1', user: 'u1', team: 't1', model: 'm' }

export function dailyUsd(cap: number, over: Partial<BudgetRule> = {}): BudgetRule {
  return { scope: 'global', match: '*', window: 'day', unit: 'usd', cap, softRatio: 0.8, ...over }
}

/** A gate with everything but rules and store filled in. */
export function openTestGate(options: {
  rules: readonly BudgetRule[]
  store: LedgerStore
  owner?: string
  time?: ReturnType<typeof openFakeClock>
  onStoreDown?: 'refuse' | 'allow'
  onSoftLimit?: (account: string, used: number) => void
}): TestGate {
  const gate = openBudgetGate({
    rules: options.rules,
    store: options.store,
    owner: options.owner ?? 'owner-1',
    clock: options.time?.clock ?? systemClock,
    scheduler: options.time?.scheduler ?? systemScheduler,
    onStoreDown: options.onStoreDown ?? 'refuse',
    onSoftLimit: (slice, used) => options.onSoftLimit?.(slice.account.name, used),
    onStoreFault: () => undefined,
  })
  return { ...gate, reserve: async (subject, estimate) => gate.reserve(subject, estimate) }
}

/** Which also promises what it has at once. */
export interface TestGate extends BudgetGate {
  reserve(...args: Parameters<BudgetGate['reserve']>): Promise<Hold>
}

/** A worst case of exactly `microUsd` and as many tokens, all of it input: it cannot be clamped. */
export function costing(microUsd: number) {
  return { inputTokens: microUsd, inputMicroUsd: microUsd, outputTokens: 0, outputPicoUsd: 0 }
}

export function spent(microUsd: number) {
  return { microUsd, tokens: microUsd }
}
