import type { OwnCredential } from '../auth/credentials.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { RESPONSE_BYTES_MAX } from '../core/limits.ts'
import { type Secret, withoutSecrets } from '../core/secret.ts'
import { type Target, targetUrl } from '../core/target.ts'
import { tryJson } from '../core/try-json.ts'
import type { Strip } from '../dialect/strips/strip-table.ts'
import { selectKey } from '../resilience/select-key.ts'
import { clientHeaders } from './client-headers.ts'
import { credentialsOf, keyOf } from './credentials.ts'
import type { Exchange } from './exchange.ts'
import { isFailure } from './failed-answer.ts'
import { ownOrRefuse } from './own-credential.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import { readWhole } from './read-answer.ts'
import { passedStatus } from './refuse.ts'
import { sendToTarget } from './send-to-target.ts'
import { withQuery } from './with-query.ts'

/** An answer as it came, and what is wrong with it: what one of a bad status says; `null` for a good one. */
export interface Forwarded {
  readonly outbound: Outbound
  readonly error: ProxyError | null
}

/**
 * Sends one request that no model works on, such as a count of tokens, and brings its whole answer, whatever the status. It
 * is a single attempt, which neither breaker nor limiter hears of.
 *
 * @throws ProxyError of the transport, `upstream_timeout`, or `unauthenticated` where the client's own credential is
 *   missing
 */
export async function forward(
  deps: PipelineDeps,
  exchange: Exchange,
  target: Target,
  question: Question,
): Promise<Forwarded> {
  const { inbound } = exchange
  const own = ownOrRefuse(deps, inbound, target.provider)
  const abort = new AbortController()
  inbound.follow(abort)
  abort.signal.throwIfAborted()
  const cancelDeadline = deps.scheduler.after(deps.timeouts.firstEventMs, () => {
    abort.abort(new ProxyError('upstream_timeout', 'the upstream did not answer in time'))
  })
  const attempted = (error: ProxyError | null): void =>
    deps.protections.listener.onAttempt(target.provider.id, error === null ? 'success' : error.traits.outcome)
  exchange.attempting(target, 'passthrough', [])
  try {
    const forwarded = await carry(deps, exchange, target, { ...question, own, abort })
    attempted(forwarded.error)
    return forwarded
  } catch (thrown) {
    const error = toProxyError(thrown)
    exchange.attemptFailed(error)
    attempted(error)
    throw error
  } finally {
    cancelDeadline()
    inbound.follow(null)
  }
}

/** What is asked, and where. */
interface Question {
  readonly path: string
  readonly body: Uint8Array | string
  /** What was left out of it, whose betas go too. */
  readonly strips: readonly Strip[]
  /** Whether JSON is what was asked for; anything else of a good status is `upstream_malformed`. */
  isAnswer(json: unknown): boolean
}

interface Carried extends Question {
  readonly own: OwnCredential | null
  readonly abort: AbortController
}

async function carry(
  deps: PipelineDeps,
  exchange: Exchange,
  target: Target,
  { path, body, strips, isAnswer, own, abort }: Carried,
): Promise<Forwarded> {
  const { inbound, ownsAccount } = exchange
  const { provider } = target
  const key = keyFor(deps, exchange, target)
  const url = withQuery(targetUrl(target, path), inbound, provider)
  const response = await sendToTarget(deps, exchange, target, { url, body, strips, key, own, abort })
  const headers = clientHeaders(response.headers, ownsAccount)
  headers.set('content-type', response.headers.get('content-type') ?? 'application/json')
  const { status } = response
  const answer = await readWhole(deps, response, RESPONSE_BYTES_MAX)
  if (status < 400) {
    const isGood = !isFailure(response) && isAnswer(tryJson(answer))
    return { outbound: { status, headers, body: answer }, error: isGood ? null : notAnswered(status) }
  }
  const told = withoutSecrets(answer, provider.keys)
  const error = deps.upstreams[provider.dialect].decodeError({ status, headers: response.headers, body: told })
  const shown = passedStatus(error, status, inbound.surface.errorEnvelope)
  return { outbound: { status: shown, headers, body: told }, error }
}

function notAnswered(status: number): ProxyError {
  return new ProxyError('upstream_malformed', `the upstream answered ${status}, and not what it was asked`)
}

/** The credential that chat requests of this session would use; one that cools for a model may still do this. */
function keyFor(deps: PipelineDeps, { keyStart }: Exchange, { provider, model }: Target): Secret | null {
  const credentials = credentialsOf(provider)
  const asked = { credentials, model, start: keyStart, nowMs: deps.clock.nowMs() }
  const choice = selectKey(deps.protections.cooldowns, asked)
  return keyOf(provider, choice.type === 'key' ? choice.credential : (credentials[0] ?? ''))
}
