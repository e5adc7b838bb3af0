import { cacheKeyText } from '../cache/cache-key.ts'
import type { Exchange } from './exchange.ts'
import { ownCredential, shownCredential } from './own-credential.ts'
import type { AnswerCache, PipelineDeps } from './ports.ts'
import type { Resumed } from './resume.ts'

/** Headers that change what an answer says, or whose it is. */
const TELLING_HEADERS = [
  'anthropic-beta',
  'anthropic-version',
  'openai-beta',
  'openai-organization',
  'openai-project',
] as const

/** What the answer to a request is kept under. */
export function answerKey(deps: PipelineDeps, cache: AnswerCache, exchange: Exchange, resumed: Resumed): string {
  const { headers, surface, label } = exchange.inbound
  const [first] = resumed.targets
  return cache.sha256(
    cacheKeyText({
      surface: `${surface.id} ${label}`,
      provider: first?.provider.id ?? '',
      model: first?.model ?? '',
      json: resumed.body.envelope.json,
      headers: TELLING_HEADERS.map((name) => [name, headers.get(name) ?? ''] as const),
      scope: scopeOf(deps, cache, exchange, resumed),
    }),
  )
}

/**
 * Who sees an answer again: the same lynkr key, or all of them where the operator says so; without keys, who shows the
 * same credential. An account of the client's own keeps its answers to itself, whatever is shared. Credentials count as
 * their hash.
 */
function scopeOf(
  deps: PipelineDeps,
  { isShared, sha256 }: AnswerCache,
  { inbound, principal }: Exchange,
  { targets }: Resumed,
): string {
  const own = targets.map(({ provider }) => ownCredential(deps, inbound, provider)).find((one) => one !== null)
  const account = own === undefined ? '' : sha256(own.value.reveal())
  if (principal.keyId !== null) return `${isShared ? '' : `key ${principal.keyId}`} ${account}`
  return `shown ${sha256(shownCredential(inbound.headers))} ${account}`
}
