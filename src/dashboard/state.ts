import type { MetricFamilies } from '../observability/metrics.ts'
import { BUDGET_SCOPES, RUN_ENDINGS } from '../observability/room-metrics.ts'
import { takeSnapshot } from '../observability/snapshot.ts'
import type { State } from './wire.ts'

/** What stands now, read off the metrics. Budgets and endings that nothing was ever told of are left out. */
export function readState(families: MetricFamilies, isDebug: boolean): State {
  const { cacheLookups, roomLabels } = families
  const lookups = (result: 'hit' | 'miss'): number => cacheLookups.get(roomLabels.cacheResult.indexOf(result))
  return {
    snapshot: takeSnapshot(families),
    promptCacheHitRatio: ratio(families.genAiCacheRead.total(), families.genAiInput.total()),
    cache: {
      hits: lookups('hit'),
      misses: lookups('miss'),
      entries: families.cacheEntries.get(),
      savedUsd: families.cacheSaved.get() / 1e6,
    },
    budgets: BUDGET_SCOPES.map((scope, i) => ({
      scope,
      spentUsd: families.budgetSpent.get(i) / 1e6,
      reservedUsd: families.budgetReserved.get(i) / 1e6,
      refused: families.budgetRefused.get(i),
    })).filter(({ spentUsd, reservedUsd, refused }) => spentUsd + reservedUsd + refused > 0),
    sandbox: {
      running: families.sandboxRunning.get(),
      endings: Object.fromEntries(
        RUN_ENDINGS.map((ending, i) => [ending, families.sandboxRuns.get(i)] as const).filter(([, runs]) => runs > 0),
      ),
    },
    isDebug,
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
