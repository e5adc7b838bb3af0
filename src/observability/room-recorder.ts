import type { ScopeKind } from '../budget/rule.ts'
import type { MetricFamilies } from './metrics.ts'
import type { CacheResult, RateLimit, ReloadResult, RunEnding } from './room-metrics.ts'

/** What the rooms beside the main line tell the metrics. Money is integer micro-dollars. */
export interface RoomMetrics {
  /** A provider took a request once features that it had refused were left out. */
  countCapability(provider: string): void
  countReload(result: ReloadResult): void
  /** Of all targets, at each sample: a provider is the sum over its models. */
  showLimits(targets: readonly { readonly provider: string; readonly limit: number; readonly inflight: number }[]): void
  countRateLimited(limit: RateLimit): void
  /** @param savedMicroUsd what a hit would have cost; 0 for the others */
  countCacheLookup(result: CacheResult, savedMicroUsd?: number): void
  showCache(entries: number, bytes: number): void
  /** +amount when money is set aside, -amount when it is settled or released. */
  reserveBudget(scope: ScopeKind, microUsd: number): void
  spendBudget(scope: ScopeKind, microUsd: number): void
  countBudgetRefused(scope: ScopeKind): void
  countSoftLimit(scope: ScopeKind): void
  countWebhookLost(): void
  startRun(): void
  /** Once per `startRun`; a run that was denied or could not start is told by `countRunRefused` alone. */
  endRun(ending: RunEnding, durationMs: number): void
  countRunRefused(ending: 'denied' | 'unavailable'): void
}

export function createRoomMetrics(families: MetricFamilies): RoomMetrics {
  const { labels, roomLabels } = families
  const scopeAt = (scope: ScopeKind): number => roomLabels.budgetScope.indexOf(scope)
  return {
    countCapability: (provider) => families.capabilitiesLearned.add(1, labels.provider.indexOf(provider)),
    countReload: (result) => families.configReloads.add(1, roomLabels.reloadResult.indexOf(result)),
    showLimits(targets) {
      families.limiterLimit.values.fill(0)
      families.limiterInflight.values.fill(0)
      for (const { provider, limit, inflight } of targets) {
        const place = labels.provider.indexOf(provider)
        families.limiterLimit.add(limit, place)
        families.limiterInflight.add(inflight, place)
      }
    },
    countRateLimited: (limit) => families.rateLimited.add(1, roomLabels.rateLimit.indexOf(limit)),
    countCacheLookup(result, savedMicroUsd = 0) {
      families.cacheLookups.add(1, roomLabels.cacheResult.indexOf(result))
      families.cacheSaved.add(savedMicroUsd)
    },
    showCache(entries, bytes) {
      families.cacheEntries.set(entries)
      families.cacheBytes.set(bytes)
    },
    reserveBudget: (scope, microUsd) => families.budgetReserved.add(microUsd, scopeAt(scope)),
    spendBudget: (scope, microUsd) => families.budgetSpent.add(microUsd, scopeAt(scope)),
    countBudgetRefused: (scope) => families.budgetRefused.add(1, scopeAt(scope)),
    countSoftLimit: (scope) => families.budgetSoftLimits.add(1, scopeAt(scope)),
    countWebhookLost: () => families.webhooksLost.add(1),
    startRun: () => families.sandboxRunning.add(1),
    endRun(ending, durationMs) {
      families.sandboxRunning.add(-1)
      families.sandboxRuns.add(1, roomLabels.runEnding.indexOf(ending))
      families.sandboxSeconds.observe(durationMs / 1000)
    },
    countRunRefused: (ending) => families.sandboxRuns.add(1, roomLabels.runEnding.indexOf(ending)),
  }
}
