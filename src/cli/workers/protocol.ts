import type { RequestRecord } from '../../core/record.ts'
import type { HealthReport } from '../../http/health.ts'
import type { CallId } from '../../mcp/cancellations.ts'
import type { Layout } from '../../observability/merge.ts'
import type { ReloadResult } from '../../observability/room-metrics.ts'
import type { BreakerSnapshot } from '../../resilience/breakers.ts'

/** Requests of one worker that are told to the dashboards of the others at once; in a flood the newest. */
export const RECORDS_MAX = 100

/** What a worker knows that an answer of any other worker must tell too, besides its metrics. */
export interface WorkerFacts {
  readonly health: HealthReport | null
  readonly breakers: readonly BreakerSnapshot[]
  readonly shedding: SheddingFacts
  /** Requests that have ended since the last report, for the dashboard; at most `RECORDS_MAX`. */
  readonly records: readonly RequestRecord[]
}

/** `/metrics/load-shedding`. */
export interface SheddingFacts {
  readonly active_requests: { readonly now: number; readonly threshold: number; readonly admitted: number }
  readonly memory: { readonly now: number; readonly threshold: number }
  readonly heap: { readonly now: number; readonly threshold: number }
  readonly loop_lag_seconds: { readonly now: number; readonly threshold: number }
  readonly pressure: number
  readonly classes: Readonly<
    Record<string, { readonly limit: number; readonly shedding: boolean; readonly reason: string | null }>
  >
}

/** Something that every worker must do because one was asked for it. */
export type Order =
  | { readonly type: 'reset_breakers'; readonly name: string }
  | { readonly type: 'debug'; readonly isDebug: boolean }
  | { readonly type: 'keys_changed' }
  | { readonly type: 'count_reload'; readonly result: ReloadResult }
  | { readonly type: 'cancel_call'; readonly scope: string; readonly requestId: CallId }
  | { readonly type: 'session'; readonly hash: string; readonly lastsMs: number }

/** What workers serve by, as their supervisor has read and checked it: all have the same, whatever the file says by then. */
export interface Configuration {
  /** `null` if there is none. */
  readonly file: string | null
  readonly text: string | null
}

/** From a worker to its supervisor. */
export type FromWorker =
  /** Once, before its first report. */
  | { readonly type: 'hello'; readonly layout: Layout }
  | { readonly type: 'ready' }
  /** It accepts no connection any more; what it still answers was under way. */
  | { readonly type: 'closed' }
  | { readonly type: 'report'; readonly values: Float64Array; readonly facts: WorkerFacts }
  /** Somebody asked this worker for what concerns all. */
  | { readonly type: 'refresh'; readonly id: number }
  | { readonly type: 'order'; readonly order: Order }

/** From the supervisor to a worker. */
export type FromSupervisor =
  /** Once, before all else. */
  | { readonly type: 'configuration'; readonly configuration: Configuration }
  | { readonly type: 'report' }
  | {
      readonly type: 'totals'
      /** Of all workers, those included that are gone, in the order of this worker's layout. */
      readonly values: Float64Array
      readonly peers: readonly WorkerFacts[]
      readonly crew: Crew
      /** The last `refresh` of this worker that these numbers are newer than; 0 if it has not asked. */
      readonly answers: number
    }
  | { readonly type: 'order'; readonly order: Order }
  /** SIGUSR1. */
  | { readonly type: 'drain' }
  /** `retire`: another worker has taken the place, balancers need not be told. `now`: the second signal. */
  | { readonly type: 'stop'; readonly how: 'SIGTERM' | 'SIGINT' | 'retire' | 'now' }

export interface Crew {
  readonly wanted: number
  readonly ready: number
}
