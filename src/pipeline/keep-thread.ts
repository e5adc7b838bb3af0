import { ProxyError } from '../core/errors.ts'
import { inThisFormOnly, type Target } from '../core/target.ts'
import { withoutMember } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import type { PipelineDeps } from './ports.ts'
import { isBudgeted, type Resumed } from './resume.ts'

/**
 * A request whose conversation the vendor is asked to keep. It may where there is one owner, as without keys of lynkr's,
 * and no budget that would have to know how long that conversation is. For all others none is begun, and none is gone on
 * with: on that answer the vendor's library sends everything, and no other provider is asked with half of it.
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
