import { ProxyError } from '../core/errors.ts'
import * as anthropic from '../dialect/anthropic/model-list.ts'
import * as openai from '../dialect/openai-chat/model-list.ts'
import type { ListedModel } from '../routing/router.ts'
import { admit } from './admit.ts'
import { mayReach, permittedTargets } from './authorize.ts'
import { Exchange } from './exchange.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'

/** The models that can be asked for, by the client that asks: nothing is shown that would not route. */
export function handleModels(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  return answerWith(deps, inbound, (exchange) => {
    const models = deps.router.list().filter(({ id, targets }) => mayReach(exchange, id, targets))
    if (inbound.surface.errorEnvelope === 'openai') return openai.encodeModelList(models.map(withOwner))
    const { page, hasMore } = pageOf(models, new URLSearchParams(inbound.query))
    return anthropic.encodeModelList(page, hasMore)
  })
}

/** One of them. @param id as it stood in the path, decoded */
export function handleModel(deps: PipelineDeps, inbound: Inbound, id: string): Promise<Outbound> {
  return answerWith(deps, inbound, (exchange) => {
    const model = deps.router.show(id)
    permittedTargets(exchange, id, model.targets)
    return inbound.surface.errorEnvelope === 'openai'
      ? openai.encodeModel(withOwner(model))
      : anthropic.encodeModel(model)
  })
}

async function answerWith(
  deps: PipelineDeps,
  inbound: Inbound,
  body: (exchange: Exchange) => object,
): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    await deps.discovery.ready()
    const headers = new Headers({ 'content-type': 'application/json' })
    return exchange.answer({ status: 200, headers, body: JSON.stringify(body(exchange)) })
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

function withOwner(model: ListedModel): openai.ModelFacts {
  return { ...model, owner: model.targets[0]?.provider.id ?? 'lynkr' }
}

const PAGE_DEFAULT = 20
const PAGE_MAX = 1_000

/**
 * Anthropic's pages: `limit`, and `after_id` or `before_id`; a name that is gone begins anew.
 *
 * @throws ProxyError `invalid_request`
 * @see Anthropic, "List Models", 2026-08
 */
function pageOf(
  models: readonly ListedModel[],
  query: URLSearchParams,
): { page: readonly ListedModel[]; hasMore: boolean } {
  const limit = Number(query.get('limit') ?? PAGE_DEFAULT)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    throw new ProxyError('invalid_request', `limit: must be from 1 to ${PAGE_MAX}`, { detail: { path: 'limit' } })
  }
  const before = models.findIndex(({ id }) => id === query.get('before_id'))
  if (before !== -1) {
    const start = Math.max(0, before - limit)
    return { page: models.slice(start, before), hasMore: start > 0 }
  }
  const start = models.findIndex(({ id }) => id === query.get('after_id')) + 1
  return { page: models.slice(start, start + limit), hasMore: start + limit < models.length }
}
