import { usageRowOf } from '../../src/cli/usage-row.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import type { UsageRow } from '../../src/core/store.ts'
import { accessLevel, accessLine } from '../../src/observability/access-log.ts'
import { createMetrics, type Metrics } from '../../src/observability/recorder.ts'
import type { BreakerOutcome } from '../../src/resilience/breaker.ts'
import { dailyUsd, openTestGate } from '../support/budgets.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'
import { openTestSpending } from '../support/spending.ts'

/** What is written about a request besides its answer, by the same parts as in `serve`: metrics, log, usage, ledger. */
export interface Books {
  readonly metrics: Metrics
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly usage: readonly UsageRow[]
  readonly spending: ReturnType<typeof openTestSpending>
  settled(record: RequestRecord): void
  attempted(provider: string, outcome: BreakerOutcome): void
  /** Micro-dollars charged, and still set aside, once everything is given back. */
  close(): Promise<{ readonly spent: number; readonly held: number; readonly differences: number }>
}

export function openBooks(providers: readonly string[]): Books {
  const metrics = createMetrics({ providers, models: [], version: '0', commit: '0' })
  const lines: Record<string, unknown>[] = []
  const usage: UsageRow[] = []
  const ledger = openMemoryLedger()
  const gate = openTestGate({ rules: [dailyUsd(1_000_000_000)], store: ledger.store })
  return {
    metrics,
    lines,
    usage,
    spending: openTestSpending({ gate }),
    settled(record) {
      metrics.recordRequest(record)
      lines.push(JSON.parse(accessLine(record, { level: accessLevel(record), head: '', standsFor: 1 })))
      const row = usageRowOf(record)
      if (row !== null) usage.push(row)
    },
    attempted: (provider, outcome) => metrics.countAttempt(provider, outcome === 'success' ? 'ok' : outcome),
    async close() {
      await gate.drain()
      const balances = await ledger.store.balances()
      const sum = (side: 'spent' | 'held'): number => balances.reduce((total, balance) => total + balance[side], 0)
      return { spent: sum('spent'), held: sum('held'), differences: (await ledger.store.verifyLedger()).length }
    },
  }
}
