import type { Clock } from '../core/clock.ts'
import type { ErrorKind, ProxyError } from '../core/errors.ts'
import type { RequestRecord } from '../core/record.ts'
import { redactText } from '../core/secret.ts'
import { StoreError } from '../core/store.ts'
import { createFloodGate } from '../observability/flood-gate.ts'
import type { Logger } from '../observability/logger.ts'

/** Kinds of refusals that are all alike: the access log has each of them, this log only a few, to say why. */
const ALIKE: ReadonlySet<ErrorKind> = new Set(['overloaded', 'circuit_open'])
/** Lines of such a kind in a second. */
const ALIKE_LINES = 5

/**
 * The access line tells that a request failed; this one tells why, where the reason is not the client's own.
 *
 * @param floodLines lines a second of each kind that are all written; 0: every line, always
 */
export function openFailureLog(
  logger: Logger,
  clock: Clock,
  floodLines: number,
): (record: RequestRecord, error: ProxyError) => void {
  const failures = createFloodGate(floodLines)
  const refusals = createFloodGate(Math.min(floodLines, ALIKE_LINES))
  return (record, error) => {
    const { log } = error.traits
    if (log === 'info' || log === 'debug') return
    const { kind, cause, detail } = error
    const standsFor = (ALIKE.has(kind) ? refusals : failures).admit(kind, clock.nowMs())
    if (standsFor === 0) return
    const fields = { request_id: record.requestId, provider: record.provider, kind, ...detail.facts }
    logger[log]({ ...fields, stands_for: standsFor, ...(cause !== undefined && { err: cause }) }, error.message)
  }
}

/** Logs faults of the store or of Redis, a few a second at most: while it is down, nearly every request meets one. */
export function openFaultLog(logger: Logger, clock: Clock, floodLines: number): (cause: unknown) => void {
  const faults = createFloodGate(Math.min(floodLines, ALIKE_LINES))
  return (cause) => {
    const standsFor = faults.admit(cause instanceof StoreError ? cause.fault : 'other', clock.nowMs())
    if (standsFor === 0) return
    logger.warn({ stands_for: standsFor, err: cause }, 'the store cannot be used at the moment')
  }
}

/** A request that matches no route. `path`: as its client wrote it, cut. */
export interface Stray {
  readonly requestId: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Logs requests that match no route, a few a second at most: a mistyped base URL shows here, a flood of scans hardly. */
export function openStrayLog(logger: Logger, clock: Clock, floodLines: number): (stray: Stray) => void {
  const strays = createFloodGate(Math.min(floodLines, ALIKE_LINES))
  return ({ requestId, method, path, status }) => {
    const standsFor = strays.admit('stray', clock.nowMs())
    if (standsFor === 0) return
    const fields = { request_id: requestId, method, path: redactText(path), status }
    logger.info({ ...fields, stands_for: standsFor }, 'there is nothing at the path of a request')
  }
}
