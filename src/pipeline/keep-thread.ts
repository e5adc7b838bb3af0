import { ProxyError } from '../core/errors.ts'
import { inThisFormOnly, type Target } from '../core/target.ts'
import { withoutMember } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import type { PipelineDeps } from './ports.ts'
import { isBudgeted, type Resumed } from './resume.ts'

/**
 * Decides about a request that asks the vendor to keep its conversation. The vendor may, if all requests have one owner,
 * as without lynkr keys, and no budget has to know how long that conversation is. Otherwise a request to begin one loses
 * that member, and a request to go on with one is refused: the vendor's library then sends everything, and no other
 * provider gets half of a conversation.
 *
 * @throws ProxyError `not_found` with the code on which clients begin anew
 */
export function keepThread(deps: PipelineDeps, exchange: Exchange, resumed: Resumed): Resumed {
  const { surface } = exchange.inbound
  const { threads } = surface
  const asked = threads?.asks(resumed.body.envelope) ?? null
  if (threads === undefined || asked === null) return resumed
  const isKept = ({ provider }: Target): boolean => provider.dialect === surface.id && threads.isKeptAt(provider.quirks)
  const native = resumed.targets.filter(isKept).map(inThisFormOnly)
  const isOwn = exchange.principal.keyId === null
  if (isOwn && native.length > 0 && !isBudgeted(deps, exchange, native)) {
    return asked === 'begin' ? resumed : { ...resumed, targets: native }
  }
  if (asked === 'begin') return { ...resumed, body: withoutMember(resumed.body, threads.member) }
  throw new ProxyError('not_found', 'no conversation is kept here; send all of it', {
    detail: { path: threads.member, code: 'thread_not_found' },
  })
}
