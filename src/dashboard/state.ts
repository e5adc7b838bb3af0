import type { MetricFamilies } from '../observability/metrics.ts'
import { RUN_ENDINGS } from '../observability/room-metrics.ts'
import { takeSnapshot } from '../observability/snapshot.ts'
import type { BudgetState, State } from './wire.ts'

export interface Beside {
  readonly isDebug: boolean
  readonly budgets: readonly BudgetState[]
}

/** What stands now, read off the metrics and what stands beside them. Endings that nothing was ever told of are left out. */
export function readState(families: MetricFamilies, { isDebug, budgets }: Beside): State {
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
    budgets,
    budgetRefusals: families.budgetRefused.total(),
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
