import type { Sessions } from '../../dashboard/sessions.ts'
import type { RoomMetrics } from '../../observability/room-recorder.ts'
import type { Protections } from '../../pipeline/protections.ts'
import type { Money } from '../compose-money.ts'
import type { LogLevelSwitch } from '../log-level.ts'
import type { Order } from './protocol.ts'

export interface Followers {
  readonly protections: Pick<Protections, 'breakers'>
  readonly sessions: Pick<Sessions, 'adopt'>
  readonly money: Pick<Money, 'admin'>
  readonly metrics: { readonly rooms: Pick<RoomMetrics, 'countReload'> }
  readonly logLevel: Pick<LogLevelSwitch, 'setDebug'>
}

/** Does here what another worker, or the supervisor, was asked for. */
export function follow(order: Order, { protections, sessions, money, logLevel, metrics }: Followers): void {
  switch (order.type) {
    case 'reset_breakers':
      return void protections.breakers.reset(order.name)
    case 'debug':
      return logLevel.setDebug(order.isDebug)
    case 'keys_changed':
      return money.admin.onKeysChanged()
    case 'count_reload':
      return metrics.rooms.countReload(order.result)
    case 'session':
      return sessions.adopt(order.hash, order.lastsMs)
  }
}
