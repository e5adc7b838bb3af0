/**
 * When each phase of a shutdown begins, in ms since SIGTERM; readiness is 503 and answers say `Connection: close`
 * from 0 on.
 *
 * - `stopAcceptingMs` listening ends; until then balancers learn that we are leaving, and what still comes is served
 * - `cutStreamsMs`    what still streams is ended with its dialect's error event, settled and flushed
 * - `exitMs`          the process is gone, whatever is left
 */
export interface ShutdownPlan {
  readonly stopAcceptingMs: number
  readonly cutStreamsMs: number
  readonly exitMs: number
}

export type ShutdownPhase = 'lead' | 'drain' | 'cut' | 'exit'

/** A second signal means now: the process exits within this. */
export const SECOND_SIGNAL_EXIT_MS = 1_000

const LEAD_MS_MAX = 5_000
const CUT_MS_MAX = 2_000

/**
 * Divides the time from SIGTERM to exit. The lead is `min(5 s, a sixth)`, or nothing if `lynkr drain` has already
 * waited; the cut comes `min(2 s, a tenth)` before the end.
 *
 * Worked number: 30,000 ms stop accepting at 5,000, cut at 28,000, exit at 30,000.
 *
 * @param timeoutMs  GRACEFUL_SHUTDOWN_TIMEOUT, everything included; ≥ 0
 * @param hasDrained the instance was already unready for long enough
 */
export function shutdownPlan(timeoutMs: number, hasDrained: boolean): ShutdownPlan {
  return {
    stopAcceptingMs: hasDrained ? 0 : Math.min(LEAD_MS_MAX, timeoutMs / 6),
    cutStreamsMs: timeoutMs - Math.min(CUT_MS_MAX, timeoutMs / 10),
    exitMs: timeoutMs,
  }
}

/**
 * The phase that holds `sinceSigtermMs` after SIGTERM. An instance without open requests may go from `drain` to
 * `exit` at once.
 */
export function shutdownPhase(plan: ShutdownPlan, sinceSigtermMs: number): ShutdownPhase {
  if (sinceSigtermMs >= plan.exitMs) return 'exit'
  if (sinceSigtermMs >= plan.cutStreamsMs) return 'cut'
  return sinceSigtermMs >= plan.stopAcceptingMs ? 'drain' : 'lead'
}
