/** Betas that say who calls, and switch nothing on: no loss where a server does not know them. */
const MARKERS = ['claude-code-', 'oauth-']

/** Top-level members that are unknown without one of their betas: header and member go together or not at all. */
const ENABLED: Readonly<Record<string, readonly string[]>> = {
  context_management: ['context-management-', 'compact-'],
  mcp_servers: ['mcp-client-'],
  output_format: ['structured-outputs-'],
  speed: ['fast-mode-'],
  fallbacks: ['server-side-fallback-'],
  compaction: ['compact-'],
  thread: ['message-threads-'],
}

/** The values of a client's `anthropic-beta`. */
export function betasOf(headers: Headers): readonly string[] {
  const value = headers.get('anthropic-beta')
  if (value === null) return []
  return value
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '')
}

/** Betas that a server knows, each once, and those that it does not and that will be missed. */
export function sortBetas(
  betas: readonly string[],
  prefixes: readonly string[],
): { readonly known: readonly string[]; readonly lost: readonly string[] } {
  const known = [...new Set(betas.filter((beta) => startsWithOne(prefixes, beta)))]
  return { known, lost: betas.filter((beta) => !known.includes(beta) && !startsWithOne(MARKERS, beta)) }
}

/** Members of a request that a server does not know, because it does not know their beta. */
export function membersWithoutBeta(
  json: Readonly<Record<string, unknown>>,
  known: readonly string[],
): readonly string[] {
  return Object.entries(ENABLED)
    .filter(([member, prefixes]) => json[member] !== undefined && !known.some((beta) => startsWithOne(prefixes, beta)))
    .map(([member]) => member)
}

export function startsWithOne(prefixes: readonly string[], beta: string): boolean {
  return prefixes.some((prefix) => beta.startsWith(prefix))
}
