import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { SpendingListener } from '../pipeline/spending.ts'

/** Counts what budgets and limits do. Dollars only: tokens and requests are counted with each request. */
export function spendingMetrics(metrics: RoomMetrics): SpendingListener {
  return {
    onRateLimited: (unit) => metrics.countRateLimited(unit),
    onRefused: (scope) => metrics.countBudgetRefused(scope ?? 'global'),
    onHeld({ lines }) {
      for (const { slice, amount } of lines) {
        const { scope, unit } = slice.account.rule
        if (unit === 'usd') metrics.reserveBudget(scope, amount)
      }
    },
    onReturned({ lines }, chargedMicroUsd) {
      for (const { slice, amount } of lines) {
        const { scope, unit } = slice.account.rule
        if (unit !== 'usd') continue
        metrics.reserveBudget(scope, -amount)
        metrics.spendBudget(scope, chargedMicroUsd)
      }
    },
  }
}
