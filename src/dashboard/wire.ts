import type { AttemptRecord, DecisionRecord } from '../core/record.ts'
import type { Snapshot } from '../observability/snapshot.ts'

/** What the server tells the page. Times are Unix ms, durations seconds, money US dollars, rates per second. */

/** One second of the whole process. Latencies cover the last ten seconds; `null` without a request. */
export interface Point {
  readonly atMs: number
  readonly requests: number
  readonly errors: number
  readonly rejected: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly tokensIn: number
  readonly tokensOut: number
  readonly costUsd: number
  readonly inflight: number
  readonly rssBytes: number
  /** By provider, in the order of `Hello.providers`: 0 closed, 1 half open, 2 open. */
  readonly breakers: readonly number[]
}

/** A finished request, with names and numbers only. */
export interface RequestRow {
  readonly id: string
  readonly traceId: string
  readonly endedMs: number
  readonly surface: string
  readonly stream: boolean
  readonly keyId: string | null
  readonly modelAsked: string | null
  readonly modelUsed: string | null
  readonly provider: string | null
  readonly lane: string
  readonly status: number
  readonly outcome: string
  readonly errorKind: string | null
  readonly firstByteSeconds: number | null
  readonly seconds: number
  readonly tokensIn: number | null
  readonly tokensCached: number | null
  readonly tokensOut: number | null
  readonly costUsd: number | null
  /** Times in ms after the request's start. */
  readonly attempts: readonly AttemptRecord[]
  readonly decisions: readonly DecisionRecord[]
}

/** What stands now, beside the charts. */
export interface State {
  readonly snapshot: Snapshot
  readonly promptCacheHitRatio: number | null
  readonly cache: {
    readonly hits: number
    readonly misses: number
    readonly entries: number
    readonly savedUsd: number
  }
  /** The scarcest first; at most `DASHBOARD_BUDGETS_MAX`. */
  readonly budgets: readonly BudgetState[]
  /** Requests that budgets refused. */
  readonly budgetRefusals: number
  readonly sandbox: { readonly running: number; readonly endings: Readonly<Record<string, number>> }
  readonly isDebug: boolean
}

/** One budget in its present window; amounts in its unit, dollars as micro-dollars. */
export interface BudgetState {
  readonly scope: string
  /** Who it is about; `*` for everybody together. */
  readonly id: string
  readonly window: string
  readonly unit: 'micro_usd' | 'tokens' | 'requests'
  readonly limit: number
  readonly spent: number
  readonly reserved: number
  readonly left: number
  readonly resetsWallMs: number
}

/** The first event of a stream: everything so far, the oldest first. */
export interface Hello {
  readonly providers: readonly string[]
  readonly points: readonly Point[]
  readonly requests: readonly RequestRow[]
  readonly state: State
}

/** Once a second: what is new. */
export interface Tick {
  readonly point: Point
  readonly requests: readonly RequestRow[]
  readonly state: State
}
