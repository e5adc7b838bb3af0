import type { Hold } from '../budget/hold.ts'
import type { ScopeKind } from '../budget/rule.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { SpendingListener } from '../pipeline/spending.ts'

/** Counts what budgets and limits do. Dollars only: tokens and requests are counted with each request. */
export function spendingMetrics(metrics: RoomMetrics): SpendingListener {
  return {
    onRateLimited: (unit) => metrics.countRateLimited(unit),
    onRefused: (scope) => metrics.countBudgetRefused(scope ?? 'global'),
    onHeld: (hold) => eachDollarLine(hold, (scope, amount) => metrics.reserveBudget(scope, amount)),
    onReturned(hold, chargedMicroUsd) {
      eachDollarLine(hold, (scope, amount) => {
        metrics.reserveBudget(scope, -amount)
        metrics.spendBudget(scope, chargedMicroUsd)
      })
    },
  }
}

function eachDollarLine({ lines }: Hold, tell: (scope: ScopeKind, microUsd: number) => void): void {
  for (const { slice, amount } of lines) {
    const { scope, unit } = slice.account.rule
    if (unit === 'usd') tell(scope, amount)
  }
}
