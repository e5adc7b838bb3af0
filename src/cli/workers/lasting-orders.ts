import { DASHBOARD_SESSIONS_MAX } from '../../core/limits.ts'
import type { Order } from './protocol.ts'

/** What workers were ordered that holds for those who come later, too. */
export interface LastingOrders {
  note(order: Order, nowMs: number): void
  /** What a worker has to be told that has heard of none of it. */
  all(nowMs: number): readonly Order[]
  /** Whether debug lines were turned on last; `null` if nobody has turned them. */
  isDebug(): boolean | null
}

export function openLastingOrders(): LastingOrders {
  let isDebug: boolean | null = null
  const endsAtMs = new Map<string, number>()

  function noteSession(hash: string, lastsMs: number, nowMs: number): void {
    endsAtMs.delete(hash)
    if (lastsMs === 0) return
    const oldest = endsAtMs.size < DASHBOARD_SESSIONS_MAX ? undefined : endsAtMs.keys().next().value
    if (oldest !== undefined) endsAtMs.delete(oldest)
    endsAtMs.set(hash, nowMs + lastsMs)
  }

  return {
    note(order, nowMs) {
      if (order.type === 'debug') isDebug = order.isDebug
      if (order.type === 'session') noteSession(order.hash, order.lastsMs, nowMs)
    },
    all(nowMs) {
      const sessions = [...endsAtMs].filter(([, endMs]) => endMs > nowMs)
      return [
        ...(isDebug === null ? [] : [{ type: 'debug', isDebug } as const]),
        ...sessions.map(([hash, endMs]) => ({ type: 'session', hash, lastsMs: endMs - nowMs }) as const),
      ]
    },
    isDebug: () => isDebug,
  }
}
