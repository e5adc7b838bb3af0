import type { Provider } from '../core/target.ts'
import type { Inbound } from './ports.ts'

/**
 * An address with the client's query behind it, for a server of its own API; a cloud refuses parameters that it does not
 * know. What the address says already, such as Azure's `api-version`, is the operator's word.
 */
export function withQuery(
  url: string,
  { query }: Pick<Inbound, 'query'>,
  { quirks }: Pick<Provider, 'quirks'>,
): string {
  if (quirks.anthropicVersion !== undefined) return url
  const from = url.indexOf('?')
  if (from === -1 || query === '') return url + query
  const said = new URLSearchParams(url.slice(from))
  const others = query
    .slice(1)
    .split('&')
    .filter((pair) => [...new URLSearchParams(pair).keys()].some((name) => !said.has(name)))
  return [url, ...others].join('&')
}
