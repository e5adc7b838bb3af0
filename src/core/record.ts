import type { ErrorKind } from './errors.ts'
import type { Usage } from './usage.ts'

/** Paths a client can use, as a closed set: the label of request metrics. */
export const SURFACE_LABELS = [
  'messages',
  'count_tokens',
  'chat',
  'responses',
  'embeddings',
  'models',
  'commands',
] as const
export type SurfaceLabel = (typeof SURFACE_LABELS)[number]

/** How a request ended. `truncated`: the stream broke after the commit point. */
export const OUTCOMES = ['ok', 'refused', 'upstream_failed', 'truncated', 'client_closed', 'internal_error'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One try at one target. Times are ms after the request's start; `durationMs` ends with its last byte or its failure. */
export interface AttemptRecord {
  /** 16 hex digits: the parent that the upstream was told. */
  readonly spanId: string
  readonly provider: string
  readonly model: string
  readonly startedMs: number
  readonly durationMs: number
  /** What the upstream answered; `null` if it did not get that far. */
  readonly status: number | null
  readonly errorKind: ErrorKind | null
}

/**
 * Something that was decided before anybody was asked, where there was something to decide: what the response cache had
 * for the request, whether its worst case could be set aside. Times as an attempt's.
 */
export interface DecisionRecord {
  readonly about: 'cache' | 'budget'
  readonly result: 'hit' | 'miss' | 'bypass' | 'reserved' | 'refused'
  readonly startedMs: number
  readonly durationMs: number
}

/**
 * Everything worth telling about one finished request: metrics, access line, usage row and span are all made from it.
 * Durations are in ms; `firstByteMs` is `null` if no byte was sent. Names are as asked for and as used; no content.
 */
export interface RequestRecord {
  readonly requestId: string
  readonly traceId: string
  readonly spanId: string
  /** The caller's span; `null` where lynkr began the trace. */
  readonly parentSpanId: string | null
  readonly isSampled: boolean
  readonly surface: SurfaceLabel
  readonly stream: boolean
  readonly keyId: string | null
  readonly user: string | null
  readonly team: string | null
  readonly sessionId: string | null
  readonly modelAsked: string | null
  readonly modelUsed: string | null
  readonly provider: string | null
  readonly lane: 'passthrough' | 'transcode' | 'cache' | 'none'
  readonly attempts: number
  /** In order; the first `ATTEMPTS_TOLD_MAX`. */
  readonly attemptList: readonly AttemptRecord[]
  /** In order; none where no budget counts the request and no cache is on. */
  readonly decisions: readonly DecisionRecord[]
  readonly status: number
  readonly outcome: Outcome
  readonly errorKind: ErrorKind | null
  readonly usage: Usage | null
  /** The upstream told no usage, or not all; the counts are lynkr's own. */
  readonly isUsageEstimated: boolean
  readonly costMicroUsd: number | null
  readonly requestBytes: number
  readonly responseBytes: number
  readonly startedWallMs: number
  readonly firstByteMs: number | null
  readonly durationMs: number
  readonly repairs: number
  readonly dropped: readonly string[]
}
