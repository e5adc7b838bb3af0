import { forbids } from '../auth/key-access.ts'
import { forbidsPath } from './authorize.ts'
import { Exchange } from './exchange.ts'
import { refuseLoop } from './headers.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'

/**
 * Whether a connection may be opened on which requests will come: each of them is admitted again, by itself. Nothing
 * is counted but a refusal.
 *
 * @returns the refusal, or `null` to go on
 */
export async function refuseHandshake(deps: PipelineDeps, inbound: Inbound): Promise<Outbound | null> {
  try {
    refuseLoop(inbound.headers, deps.instanceId)
    const { access } = await deps.authenticate(inbound.headers, inbound.startedWallMs)
    const forbidden = forbids(access, 'surface', inbound.label) ?? forbidsPath(access, inbound)
    if (forbidden !== null) throw forbidden
    return null
  } catch (thrown) {
    return refuse(deps, new Exchange(deps, inbound), thrown)
  }
}
