import type { AttemptRecord, RequestRecord } from '../../src/core/record.ts'

/** A finished, streamed, successful request; `changes` say what is different about it. */
export function requestRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: 'req_1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentSpanId: null,
    isSampled: true,
    surface: 'messages',
    stream: true,
    keyId: 'key_1',
    user: null,
    team: null,
    sessionId: null,
    modelAsked: 'opus',
    modelUsed: 'claude-opus',
    provider: 'anthropic',
    lane: 'passthrough',
    attempts: 1,
    attemptList: [attemptRecord()],
    decisions: [],
    status: 200,
    outcome: 'ok',
    errorKind: null,
    usage: {
      inputTokens: 100,
      cacheReadTokens: 2_000,
      cacheWriteTokens: 10,
      cacheWrite1hTokens: 0,
      outputTokens: 51,
      reasoningTokens: 20,
    },
    isUsageEstimated: false,
    costMicroUsd: 3_015,
    requestBytes: 49_000,
    responseBytes: 3_000,
    startedWallMs: 1_700_000_000_000,
    firstByteMs: 250,
    durationMs: 5_250,
    repairs: 0,
    dropped: [],
    ...changes,
  }
}

/** The one attempt of such a request. */
export function attemptRecord(changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    spanId: 'b7ad6b7169203331',
    provider: 'anthropic',
    model: 'claude-opus',
    startedMs: 5,
    durationMs: 5_240,
    status: 200,
    errorKind: null,
    ...changes,
  }
}
