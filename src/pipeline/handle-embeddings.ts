import { ProxyError } from '../core/errors.ts'
import { textOf, tryObject } from '../core/json.ts'
import { inThisFormOnly, type Target } from '../core/target.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { refuseOtherCase } from './member-names.ts'
import { openEmbeddings } from './open-embeddings.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { refuseRepeated } from './refuse-repeated.ts'
import { checkModelName, parseJsonBody, type RequestBody } from './request-body.ts'
import { reserve } from './reserve.ts'
import { routeRequest } from './route-request.ts'
import { tryTargets } from './try-targets.ts'

/**
 * Embeddings go to the first target that has the endpoint, and to no other: vectors of two models do not compare. It is
 * tried as a chat's is.
 */
export async function handleEmbeddings(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const body = readEmbeddingsBody(await inbound.readBody())
    exchange.asked(body.envelope, body.bytes.byteLength)
    const able = routeRequest(deps, exchange, body.envelope).filter(hasEmbeddings)
    if (able.length === 0) throw new ProxyError('not_found', 'no provider of this model has embeddings')
    // The provider's own form, to which a chat would turn, may have no embeddings.
    const targets = able.slice(0, 1).map(inThisFormOnly)
    return await tryTargets(deps, exchange, await reserve(deps, exchange, body, targets), openEmbeddings)
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

function hasEmbeddings({ provider }: Target): boolean {
  return provider.paths.embeddings !== null
}

/** Keys that lynkr routes and bills by: the model, and what its tokens are counted from. */
const ACTED_ON_KEYS = ['model', 'input'] as const
const EMBEDDED = { actedOnKeys: ACTED_ON_KEYS, toolMembers: [] }

/** @throws ProxyError `invalid_request` */
function readEmbeddingsBody(bytes: Uint8Array): RequestBody {
  const json = tryObject(parseJsonBody(bytes)) ?? {}
  const model = textOf(json.model)
  if (model === '') {
    throw new ProxyError('invalid_request', 'model: must be a non-empty string', { detail: { path: 'model' } })
  }
  checkModelName(model)
  refuseRepeated(bytes, json, ACTED_ON_KEYS)
  refuseOtherCase(json, EMBEDDED)
  return { bytes, envelope: { model, stream: false, maxOutputTokens: 0, json, outline: json } }
}
