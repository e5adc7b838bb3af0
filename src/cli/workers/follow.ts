import type { Sessions } from '../../dashboard/sessions.ts'
import type { Cancellations } from '../../mcp/cancellations.ts'
import type { RoomMetrics } from '../../observability/room-recorder.ts'
import type { Protections } from '../../pipeline/protections.ts'
import type { Money } from '../compose-money.ts'
import type { LogLevelSwitch } from '../log-level.ts'
import type { Order } from './protocol.ts'

export interface Followers {
  readonly cancellations: Pick<Cancellations, 'adopt'>
  readonly protections: Pick<Protections, 'breakers'>
  readonly sessions: Pick<Sessions, 'adopt'>
  readonly money: Pick<Money, 'admin'>
  readonly metrics: { readonly rooms: Pick<RoomMetrics, 'countReload'> }
  readonly logLevel: Pick<LogLevelSwitch, 'setDebug'>
}

/** Does here what another worker, or the supervisor, was asked for. */
export function follow(order: Order, followers: Followers): void {
  const { protections, sessions, money, logLevel, metrics, cancellations } = followers
  switch (order.type) {
    case 'reset_breakers':
      return void protections.breakers.reset(order.name)
    case 'debug':
      return logLevel.setDebug(order.isDebug)
    case 'keys_changed':
      return void money.admin.onKeysChanged()
    case 'count_reload':
      return metrics.rooms.countReload(order.result)
    case 'cancel_call':
      return cancellations.adopt(order.scope, order.requestId)
    case 'session':
      return sessions.adopt(order.hash, order.lastsMs)
  }
}
