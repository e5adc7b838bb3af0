import type { BudgetGate } from '../budget/gate.ts'
import type { Hold } from '../budget/hold.ts'
import type { LimitBook } from '../budget/limit-rule.ts'
import type { PriceBook } from '../budget/price-book.ts'
import type { RateLimiter, RateUnit } from '../budget/rate-limit.ts'
import type { ScopeKind } from '../budget/rule.ts'
import type { SurfaceLabel } from '../core/record.ts'

/** Money's rooms as the pipeline uses them: one per process, made by the composition root. */
export interface Spending {
  readonly gate: Pick<BudgetGate, 'applies' | 'countsDollars' | 'countsSpending' | 'reserve' | 'settle' | 'release'>
  readonly prices: PriceBook
  readonly limiter: RateLimiter
  readonly limits: LimitBook
  readonly listener: SpendingListener
}

/** Hears what is limited, set aside and charged, for metrics. Must not throw. */
export interface SpendingListener {
  onRateLimited(unit: RateUnit): void
  /** @param scope the kind of account that is spent; `null` while the store cannot be asked, or for an unknown price */
  onRefused(scope: ScopeKind | null): void
  onHeld(hold: Hold): void
  /** Once per hold: it is settled or released. */
  onReturned(hold: Hold, chargedMicroUsd: number): void
}

const PAID: ReadonlySet<SurfaceLabel> = new Set(['messages', 'chat', 'responses', 'embeddings'])

/** Whether a model works on requests by this path, so that they cost money. Counting and listing never do. */
export function isPaid(label: SurfaceLabel): boolean {
  return PAID.has(label)
}
