import { ProxyError } from '../core/errors.ts'
import { RESPONSE_BYTES_MAX } from '../core/limits.ts'
import { type Secret, withoutSecrets } from '../core/secret.ts'
import { type Target, targetUrl } from '../core/target.ts'
import { selectKey } from '../resilience/select-key.ts'
import { credentialsOf, keyOf, rotationStart } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { clientHeaders, upstreamHeaders } from './headers.ts'
import { ownOrRefuse } from './own-credential.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import { readWhole } from './read-answer.ts'
import { send, withQuery } from './send.ts'

/**
 * Carries one request and its whole answer, whatever its status: endpoints that lynkr does not look into.
 *
 * @param body `null` makes it a GET
 * @throws ProxyError of the transport, `upstream_timeout`, or `unauthenticated` where the client's own credential is missing
 */
export async function forward(
  deps: PipelineDeps,
  exchange: Exchange,
  target: Target,
  { path, body }: { path: string; body: Uint8Array | null },
): Promise<Outbound> {
  const { inbound } = exchange
  const abort = new AbortController()
  inbound.follow(abort)
  abort.signal.throwIfAborted()
  const cancelDeadline = deps.scheduler.after(deps.timeouts.firstEventMs, () => {
    abort.abort(new ProxyError('upstream_timeout', 'the upstream did not answer in time'))
  })
  try {
    const { provider } = target
    const { instanceId } = deps
    const key = keyFor(deps, exchange, target)
    const response = await send(deps, provider, key, {
      method: body === null ? 'GET' : 'POST',
      url: withQuery(targetUrl(target, path), inbound, provider),
      headers: upstreamHeaders(inbound, provider, {
        instanceId,
        trace: exchange.trace,
        key,
        own: ownOrRefuse(deps, inbound, provider),
        ownsAccount: exchange.ownsAccount,
      }),
      body,
      abort,
    })
    const headers = clientHeaders(response.headers, exchange.ownsAccount)
    headers.set('content-type', response.headers.get('content-type') ?? 'application/json')
    const { status } = response
    const answer = await readWhole(deps, response, RESPONSE_BYTES_MAX)
    return { status, headers, body: status < 400 ? answer : withoutSecrets(answer, provider.keys) }
  } finally {
    cancelDeadline()
    inbound.follow(null)
  }
}

/** The credential that chat requests of this session would use; one that cools for a model may still do this. */
function keyFor(deps: PipelineDeps, { session }: Exchange, { provider, model }: Target): Secret | null {
  const credentials = credentialsOf(provider)
  const start = rotationStart(session, deps.random)
  const choice = selectKey(deps.protections.cooldowns, { credentials, model, start, nowMs: deps.clock.nowMs() })
  return keyOf(provider, choice.type === 'key' ? choice.credential : (credentials[0] ?? ''))
}
