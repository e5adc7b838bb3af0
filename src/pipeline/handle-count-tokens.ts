import { ProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { countTokens } from '../dialect/tokens/count-tokens.ts'
import { saysNoEndpoint } from '../routing/forms.ts'
import { admit } from './admit.ts'
import { Exchange } from './exchange.ts'
import { type Forwarded, forward } from './forward.ts'
import { keepThread } from './keep-thread.ts'
import type { Inbound, Outbound, PipelineDeps } from './ports.ts'
import { prepare } from './prepare.ts'
import { refuse } from './refuse.ts'
import { type RequestBody, readRequestBody } from './request-body.ts'
import { resume } from './resume.ts'
import { routeRequest } from './route-request.ts'

/**
 * How many tokens a request would take: asked of the upstream where it can tell, else counted here, rounded up.
 * A count that is too low would let a client's conversation grow past the point where it can still compact.
 */
export async function handleCountTokens(deps: PipelineDeps, inbound: Inbound): Promise<Outbound> {
  const exchange = new Exchange(deps, inbound)
  try {
    await admit(deps, exchange)
    const bytes = await inbound.readBody()
    const read = readRequestBody(bytes, inbound.surface)
    exchange.asked(read.envelope, bytes.byteLength)
    const routed = routeRequest(deps, exchange, read.envelope)
    const { body, targets } = keepThread(deps, exchange, resume(deps, exchange, read, routed))
    const [target] = targets
    if (target === undefined) throw new ProxyError('internal', 'a route without targets')
    const asked = await askUpstream(deps, exchange, body, target)
    if (asked === null) return exchange.answer(countHere(inbound, body, target))
    return exchange.answer(asked.outbound, undefined, asked.error)
  } catch (thrown) {
    return refuse(deps, exchange, thrown)
  }
}

/** The upstream's own count, or its error; `null` if it does not count in the client's dialect, whatever it says of that. */
async function askUpstream(
  deps: PipelineDeps,
  exchange: Exchange,
  body: RequestBody,
  target: Target,
): Promise<Forwarded | null> {
  const { provider } = target
  const { countTokens: path } = provider.paths
  if (provider.dialect !== exchange.inbound.surface.id || path === null) return null
  // Counting has one path for all models, so that the body names it even where chat's path does.
  const counting = { ...target, provider: { ...provider, quirks: { ...provider.quirks, omitModel: false } } }
  const { body: bytes, strips } = prepare(body, exchange.inbound, {
    upstream: deps.upstreams[provider.dialect],
    target: counting,
    stripNames: deps.capabilities.stripsOf(target, deps.clock.wallMs()),
    originatesCacheMarks: false,
  })
  const forwarded = await forward(deps, exchange, target, { path, body: bytes, strips, isAnswer: isCount })
  const { outbound, error } = forwarded
  if (error === null) return forwarded
  if (error.kind !== 'upstream_malformed' && !saysNoEndpoint(outbound.status)) return forwarded
  exchange.attemptFailed(error)
  return null
}

/** Some servers answer 200 to whatever they do not know. */
function isCount(json: unknown): boolean {
  return typeof Object(json).input_tokens === 'number'
}

function countHere({ surface }: Inbound, { envelope, tokensBefore = 0 }: RequestBody, target: Target): Outbound {
  const inputTokens = tokensBefore + countTokens(surface.decodeRequest(envelope), target.model)
  return {
    status: 200,
    headers: new Headers({ 'content-type': 'application/json', 'x-lynkr-counted': 'here' }),
    body: JSON.stringify(surface.encodeCount?.(inputTokens) ?? { input_tokens: inputTokens }),
  }
}
