import type { RequestRecord } from '../core/record.ts'
import type { UsageRow } from '../core/store.ts'

/**
 * The usage row of a finished request; `null` if nothing was used. Clients may choose request ids, and choose one
 * twice, so that the row is named by the span too.
 */
export function usageRowOf(record: RequestRecord): UsageRow | null {
  const { usage, provider } = record
  if (usage === null || provider === null) return null
  return {
    requestId: `${record.requestId}.${record.spanId}`,
    wallMs: record.startedWallMs,
    keyId: record.keyId ?? '',
    user: record.user ?? '',
    team: record.team ?? '',
    surface: record.surface,
    provider,
    model: record.modelUsed ?? '',
    inputTokens: usage.inputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    outputTokens: usage.outputTokens,
    costMicroUsd: record.costMicroUsd ?? 0,
    isEstimated: record.isUsageEstimated,
  }
}
