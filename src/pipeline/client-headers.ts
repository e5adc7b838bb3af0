import type { Fields } from '../core/fields.ts'

/** Response headers that clients act on or support needs; everything else of the upstream's answer ends here. */
const RETURNED = new Set([
  'request-id',
  'x-request-id',
  'apim-request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'anthropic-organization-id',
  'openai-organization',
  'openai-processing-ms',
  'openai-version',
  'openai-model',
  // Codex says the first again in the same turn, to stay where it was; without the other it counts reasoning twice.
  'x-codex-turn-state',
  'x-reasoning-included',
])

const RATE_LIMIT_PREFIXES = [
  'anthropic-ratelimit-',
  'anthropic-priority-',
  'anthropic-fast-',
  'x-ratelimit-',
  'x-codex-primary-',
  'x-codex-secondary-',
  'x-codex-credits-',
]

/**
 * Headers for the client, from an upstream's answer.
 *
 * @param showRateLimits whether the upstream's limits are the client's own: its credential, or no lynkr keys in force
 */
export function clientHeaders(upstream: Pick<Fields, 'toJSON'>, showRateLimits: boolean): Headers {
  const returned: Record<string, string> = {}
  // All of them in one native call, where a `get` each would cross over every time.
  const sent = upstream.toJSON()
  for (const name in sent) {
    const value = sent[name]
    if (typeof value !== 'string') continue
    const isReturned = RETURNED.has(name) || (showRateLimits && isRateLimit(name))
    if (isReturned) returned[name] = value
  }
  return new Headers(returned)
}

function isRateLimit(name: string): boolean {
  return RATE_LIMIT_PREFIXES.some((prefix) => name.startsWith(prefix))
}
