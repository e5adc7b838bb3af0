import { ProxyError } from '../core/errors.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { parseJsonBody, spliceMembers } from './request-body.ts'

/** Embeddings go to the first target that has the endpoint; lynkr changes nothing but the model's name. */
export async function handleEmbeddings(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const bytes = await inbound.readBody()
    const model = readModel(parseJsonBody(bytes))
    const target = deps.router.route(model).find(({ provider }) => provider.paths.embeddings !== null)
    if (target === undefined || target.provider.paths.embeddings === null) {
      throw new ProxyError('not_found', 'no provider of this model has embeddings')
    }
    exchange.attempting(target, 'passthrough', [])
    const body = target.model === model ? bytes : spliceMembers(bytes, { model: target.model })
    return exchange.answer(await forward(deps, exchange, target, { path: target.provider.paths.embeddings, body }))
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

function readModel(json: unknown): string {
  const isObject = typeof json === 'object' && json !== null
  if (isObject && 'model' in json && typeof json.model === 'string' && json.model !== '') return json.model
  throw new ProxyError('invalid_request', 'model: must be a non-empty string', { detail: { path: 'model' } })
}
