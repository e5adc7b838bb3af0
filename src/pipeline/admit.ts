import { refuseByKey } from './authorize.ts'
import type { Exchange } from './exchange.ts'
import { refuseLoop } from './headers.ts'
import type { PipelineDeps } from './ports.ts'
import { shedOrAdmit } from './shed.ts'

/**
 * What every request passes before anything of its body is read: it is no loop, and it comes from somebody who may
 * come in, whose name the account then bears, by a path and within limits that its key allows, and there is room for
 * its class.
 *
 * @throws ProxyError `invalid_request`, `unauthenticated`, `forbidden`, `rate_limited`; `overloaded`, also while keys
 *   cannot be checked
 */
export async function admit(deps: PipelineDeps, exchange: Exchange): Promise<void> {
  const { headers, startedWallMs } = exchange.inbound
  refuseLoop(headers, deps.instanceId)
  exchange.admitted(await deps.authenticate(headers, startedWallMs))
  await refuseByKey(deps, exchange)
  shedOrAdmit(deps, exchange.requestClass)
}
