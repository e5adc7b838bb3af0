import { ProxyError } from '../core/errors.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'

/**
 * The models that can be asked for. With names configured the list is lynkr's own, so that nothing is shown that
 * would not route or that the key may not use; without any it is the default upstream's.
 */
export async function handleModels(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const names = deps.router.names()
    const { access } = exchange.principal
    const usable = names.filter((name) => access.model(name).ok)
    if (names.length > 0) return exchange.answer(ownList(usable, deps.clock.wallMs()))
    const [target] = deps.router.route(null)
    const path = target?.provider.paths.models
    if (target === undefined || path === undefined || path === null) {
      throw new ProxyError('not_found', 'the provider has no model list, and none is configured')
    }
    exchange.attempting(target, 'passthrough', [])
    return exchange.answer(await forward(deps, exchange, target, { path, body: null }))
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

/** One list that is Anthropic's and OpenAI's at once: clients of either read only what they know. */
function ownList(names: readonly string[], wallMs: number): Outbound {
  const created = Math.floor(wallMs / 1_000)
  const createdAt = new Date(created * 1_000).toISOString()
  const data = names.map((id) => ({
    id,
    type: 'model',
    display_name: id,
    created_at: createdAt,
    object: 'model',
    created,
    owned_by: 'lynkr',
  }))
  const list = { object: 'list', data, has_more: false, first_id: names[0], last_id: names.at(-1) }
  return { status: 200, headers: new Headers({ 'content-type': 'application/json' }), body: JSON.stringify(list) }
}
