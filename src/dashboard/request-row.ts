import type { RequestRecord } from '../core/record.ts'
import { redactText } from '../core/secret.ts'
import { promptTokens } from '../core/usage.ts'
import type { RequestRow } from './wire.ts'

/** Characters of a client's words that a row shows. */
const WORDS_MAX = 120

/** A finished request as the dashboard tells it: no content, and a client's words without what looks like a credential. */
export function toRequestRow(record: RequestRecord): RequestRow {
  const { usage, firstByteMs, costMicroUsd } = record
  return {
    id: words(record.requestId) ?? '',
    traceId: record.traceId,
    endedMs: Math.round(record.startedWallMs + record.durationMs),
    surface: record.surface,
    stream: record.stream,
    keyId: record.keyId,
    modelAsked: words(record.modelAsked),
    modelUsed: words(record.modelUsed),
    provider: record.provider,
    lane: record.lane,
    status: record.status,
    outcome: record.outcome,
    errorKind: record.errorKind,
    firstByteSeconds: firstByteMs === null ? null : firstByteMs / 1000,
    seconds: record.durationMs / 1000,
    tokensIn: usage === null ? null : promptTokens(usage),
    tokensCached: usage === null ? null : usage.cacheReadTokens,
    tokensOut: usage === null ? null : usage.outputTokens,
    costUsd: costMicroUsd === null ? null : costMicroUsd / 1e6,
    decisions: record.decisions,
    attempts: record.attemptList.map((attempt) => ({ ...attempt, model: words(attempt.model) ?? '' })),
  }
}

function words(text: string | null): string | null {
  return text === null ? null : redactText(text).slice(0, WORDS_MAX)
}
