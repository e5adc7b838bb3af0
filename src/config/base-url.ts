import type { ProviderRow } from '../routing/provider-row.ts'
import { IN_QUOTES, isQuoted } from './quoted.ts'

/**
 * Checks an address that the operator wrote for a provider, and brings it into the form that paths are appended to.
 *
 * @param row its suffixes, path endings that belong to the row's paths, are taken off; its port fills one that is missing
 * @returns the address without a trailing slash, or what is wrong with it
 */
export function normalizeBaseUrl(
  text: string,
  row: Pick<ProviderRow, 'baseSuffixes' | 'defaultPort'>,
): { url: string } | { wrong: string } {
  if (isQuoted(text)) return { wrong: IN_QUOTES }
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${bareHost(text)}`
  const url = URL.parse(withScheme)
  if (url === null) return { wrong: `${JSON.stringify(text)} is not an address` }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { wrong: `${url.protocol}// is not http or https` }
  if (url.username !== '' || url.password !== '')
    return { wrong: 'credentials do not belong in an address; set the key' }
  if (url.search !== '' || url.hash !== '') return { wrong: 'an address has no query and no fragment' }
  if (isMetadataHost(url.hostname)) return { wrong: `${url.hostname} is a link-local or metadata address` }
  const path = url.pathname.replace(/\/+$/, '')
  const suffix = row.baseSuffixes.find((ending) => path.endsWith(ending))
  // URL drops a port that is its protocol's own, so that a written :80 has to be looked for in the text.
  const namesPort = /^[a-z][a-z0-9+.-]*:\/\/[^/]*:\d+(\/|$)/i.test(withScheme)
  if (row.defaultPort !== undefined && !namesPort && url.protocol === 'http:') url.port = String(row.defaultPort)
  // A server's own setting may say where it listens, which is not where it is reached.
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  return { url: url.origin + (suffix === undefined ? path : path.slice(0, -suffix.length)) }
}

/** A host as servers' own settings write it: a port alone is this machine's, an IPv6 address needs brackets. */
function bareHost(text: string): string {
  if (/^:\d+$/.test(text)) return `127.0.0.1${text}`
  return /^[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*$/i.test(text) ? `[${text}]` : text
}

/** Addresses at which clouds hand out credentials: no model is served there. */
function isMetadataHost(name: string): boolean {
  const hostname = name.toLowerCase().replace(/\.$/, '')
  const address = hostname.startsWith('[') ? embeddedIpv4(hostname.slice(1, -1)) : hostname
  return isMetadataIpv4(address ?? '') || METADATA_IPV6.test(hostname) || METADATA_NAMES.has(hostname)
}

/** Link-local ones, which AWS, Azure, Google and others use; those of Alibaba and Oracle; Azure's wire server. */
function isMetadataIpv4(address: string): boolean {
  return /^169\.254\./.test(address) || ['100.100.100.200', '192.0.0.192', '168.63.129.16'].includes(address)
}

/** Link-local ones; those of AWS and Google, which are unique local. */
const METADATA_IPV6 = /^\[(?:fe[89ab][0-9a-f]:|fd00:ec2:|fd20:ce:)/

const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

/** Forms in which an IPv6 address stands for an IPv4 one: mapped, compatible, NAT64, 6to4. `null` for all others. */
function embeddedIpv4(address: string): string | null {
  const match =
    /^(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ??
    /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/.exec(address)
  if (match === null) return null
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** True if the address is this lynkr's own: sending requests to itself would never end. */
export function isOwnAddress(baseUrl: string, host: string, port: number): boolean {
  const url = new URL(baseUrl)
  const defaultPort = url.protocol === 'https:' ? 443 : 80
  if ((url.port === '' ? defaultPort : Number(url.port)) !== port) return false
  return url.hostname === host || isLocalName(url.hostname)
}

function isLocalName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '0.0.0.0' || hostname.startsWith('127.')
}
