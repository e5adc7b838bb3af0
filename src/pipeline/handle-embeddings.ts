import { ProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { NO_USAGE, tokenCount, type Usage } from '../core/usage.ts'
import { admit } from './admit.ts'
import { type AnswerFacts, Exchange } from './exchange.ts'
import { forward } from './forward.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { refuse } from './refuse.ts'
import { checkModelName, parseJsonBody, type RequestBody, refuseRepeated, spliceMembers } from './request-body.ts'
import { reserve } from './reserve.ts'
import { routeRequest } from './route-request.ts'

/** Embeddings go to the first target that has the endpoint; lynkr changes nothing but the model's name. */
export async function handleEmbeddings(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const body = readEmbeddingsBody(await inbound.readBody())
    const { model } = body.envelope
    exchange.asked(body.envelope, body.bytes.byteLength)
    const able = routeRequest(deps, exchange, body.envelope).filter(hasEmbeddings)
    const { targets } = await reserve(deps, exchange, body, able.slice(0, 1))
    const [target] = targets
    const path = target?.provider.paths.embeddings
    if (target === undefined || path === undefined || path === null) {
      throw new ProxyError('not_found', 'no provider of this model has embeddings')
    }
    const bytes = target.model === model ? body.bytes : spliceMembers(body.bytes, { model: target.model })
    const { outbound, error } = await forward(deps, exchange, target, { path, body: bytes })
    return exchange.answer(outbound, outbound.status === 200 ? factsOf(outbound) : undefined, error)
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

function hasEmbeddings({ provider }: Target): boolean {
  return provider.paths.embeddings !== null
}

/** Keys that lynkr routes and bills by: the model, and what its tokens are counted from. */
const ACTED_ON_KEYS = ['model', 'input'] as const

/** @throws ProxyError `invalid_request` */
function readEmbeddingsBody(bytes: Uint8Array): RequestBody {
  const json = parseJsonBody(bytes)
  const isObject = typeof json === 'object' && json !== null
  if (!isObject || !('model' in json) || typeof json.model !== 'string' || json.model === '') {
    throw new ProxyError('invalid_request', 'model: must be a non-empty string', { detail: { path: 'model' } })
  }
  const envelope = { model: json.model, stream: false, maxOutputTokens: 0, json: { ...json }, outline: json }
  checkModelName(envelope.model)
  refuseRepeated(bytes, envelope.json, ACTED_ON_KEYS)
  return { bytes, envelope }
}

function factsOf({ body }: Outbound): AnswerFacts {
  const usage = body instanceof Uint8Array ? readUsage(body) : null
  return { usage, isUsageEstimated: false, model: null, repairs: 0 }
}

/** An answer that cannot be read went to the client as it came; it is not charged. */
function readUsage(body: Uint8Array): Usage | null {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body))
    if (typeof json !== 'object' || json === null || !('usage' in json)) return null
    const { usage } = json
    if (typeof usage !== 'object' || usage === null || !('prompt_tokens' in usage)) return null
    return { ...NO_USAGE, inputTokens: tokenCount(usage.prompt_tokens) }
  } catch (_notJson) {
    return null
  }
}
