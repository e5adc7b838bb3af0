/** Fields of a request that change how an answer travels, not what it says. */
const TRANSPORT_FIELDS: ReadonlySet<string> = new Set(['stream', 'stream_options'])

/** Fields that name the caller; part of the scope where they matter, noise where not. */
const CALLER_FIELDS: ReadonlySet<string> = new Set(['metadata', 'user', 'safety_identifier', 'prompt_cache_key'])

export interface CacheKeyInput {
  /** Dialect and path: the same body means another thing elsewhere. */
  readonly surface: string
  /** What the request was routed to; an alias that moves must not serve old answers. */
  readonly provider: string
  readonly model: string
  /** The parsed body. */
  readonly json: Readonly<Record<string, unknown>>
  /** Headers that change the answer, such as `anthropic-beta`, in a fixed order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Who may see the answer again: the lynkr key, or the hash of the client's own credential. */
  readonly scope: string
}

/**
 * The exact request as text, equal for two requests that mean the same: members sorted, transport left out. Hash it
 * for a key. Arrays keep their order, for it has a meaning. O(size of the body).
 */
export function cacheKeyText(input: CacheKeyInput): string {
  const body = Object.fromEntries(
    Object.entries(input.json).filter(([name]) => !TRANSPORT_FIELDS.has(name) && !CALLER_FIELDS.has(name)),
  )
  const { surface, provider, model, headers, scope } = input
  return canonicalJson([surface, provider, model, headers, scope, body])
}

/** JSON with the members of every object sorted by name. Depth is bounded by the body's own limit. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
