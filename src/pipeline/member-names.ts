import type { Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'

/** Members that name other models to answer with: OpenRouter's, and Anthropic's. */
export const FALLBACKS = ['models', 'fallbacks'] as const

/** Members that choose how quick an answer is, which may have a price: OpenAI's, and Anthropic's. */
export const DEAR_TIERS = ['service_tier', 'speed'] as const

/** Names of the members that a kind of request is judged by. */
export type JudgedNames = Pick<Surface, 'actedOnKeys' | 'toolMembers'>

/**
 * Refuses a body with another spelling of a member that it is judged by. Servers that read JSON as Go's library does know no
 * difference between `Model` and `model`, and take the last of both.
 *
 * @param body the members at its top
 * @throws ProxyError `invalid_request`
 */
export function refuseOtherCase(body: object, { actedOnKeys, toolMembers }: JudgedNames): void {
  for (const key in body) {
    if (isPlain(key)) continue
    const name = key.normalize('NFKC').toLowerCase()
    if (![...actedOnKeys, ...toolMembers, ...FALLBACKS, ...DEAR_TIERS].includes(name)) continue
    throw new ProxyError('invalid_request', `${name}: must be written in small letters`, { detail: { path: name } })
  }
}

/** Of small letters and underscores, as is every name that lynkr acts on, and nearly every other: no pattern is as quick. */
function isPlain(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if ((code < SMALL_A || code > SMALL_Z) && code !== UNDERSCORE) return false
  }
  return true
}

const SMALL_A = 0x61
const SMALL_Z = 0x7a
const UNDERSCORE = 0x5f
