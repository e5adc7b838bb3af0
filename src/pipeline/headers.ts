import type { OwnCredential } from '../auth/credentials.ts'
import type { DialectId, Quirks } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import { formatTraceparent, type TraceContext } from '../core/traceparent.ts'
import { betasOf, sortBetas } from '../dialect/anthropic/betas.ts'
import { betasLeft } from '../dialect/strips/apply-strips.ts'
import type { Strip } from '../dialect/strips/strip-table.ts'
import type { Inbound } from './ports.ts'

/**
 * Request headers that end at lynkr. Everything else goes on, known or not: vendors add headers with every release,
 * and `anthropic-beta` must travel with the body fields it enables.
 */
const CONSUMED = new Set([
  // Hop by hop, RFC 9110 §7.6.1.
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // About this connection, not about the request.
  'host',
  'content-length',
  'content-encoding',
  'accept-encoding',
  'expect',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  // About another request than the one that was judged here.
  'x-http-method-override',
  'x-original-url',
  'x-rewrite-url',
  'range',
  // The client's credentials are for lynkr, never for the upstream.
  'cookie',
  // About the client.
  'origin',
  'referer',
  'user-agent',
  'x-app',
  'anthropic-dangerous-direct-browser-access',
  // Set anew.
  'accept',
  'content-type',
  'traceparent',
  'tracestate',
])

const CONSUMED_PREFIXES = [
  'x-stainless-',
  'x-claude-code-',
  'x-lynkr-',
  'x-forwarded-',
  'sec-',
  'cf-',
  // What signs for a cloud, or names who pays there.
  'x-amz-',
  'x-amzn-',
  'x-goog-',
]

/** Names of credentials, of whatever vendor: `authorization`, `x-api-key`, `x-auth-token`. They are for lynkr alone. */
const CREDENTIAL =
  /(?:^|-)(?:auth|authorization|api-?key|access-key|subscription-key|token|secret|password|assertion|jwt)$/

/** Who pays, among those that one key may charge, and at which rate: the caller's choice only where the account is its own. */
const PAYER: readonly string[] = [
  'openai-organization',
  'openai-project',
  'anthropic-workspace-id',
  // Google's tiers, of which one has a higher price, and one is paid for in advance.
  'x-vertex-ai-llm-shared-request-type',
  'x-vertex-ai-llm-request-type',
]
const NOBODY: readonly string[] = []

/** The one header that a provider's row sets for clients that do not. Any other that it sets is the operator's word. */
const DEFAULTED = 'anthropic-version'

/** Headers of the other vendors' interface: the body fields they speak of do not survive the change of dialect. */
const FOREIGN_PREFIX: Readonly<Record<DialectId, readonly string[]>> = {
  anthropic: ['openai-'],
  'openai-chat': ['anthropic-'],
  'openai-responses': ['anthropic-'],
  gemini: ['anthropic-', 'openai-'],
  'bedrock-converse': ['anthropic-', 'openai-'],
}

/** Header that names the lynkr instances a request has passed through, comma-separated. */
const HOPS_HEADER = 'x-lynkr-hops'

/** What the headers of one attempt are made with, besides the client's. */
export interface UpstreamCall {
  /** Added to the hops, so that a loop is seen when it closes. */
  readonly instanceId: string
  /** The span of the attempt. */
  readonly trace: TraceContext
  /** The operator's credential that this attempt uses, or `null` where none is needed. */
  readonly key: Secret | null
  /** The client's own, which goes instead; it was taken off the client's headers as every credential is. */
  readonly own: OwnCredential | null
  /** Whether the client may say who pays: with its own credential, or where no lynkr keys are in force. */
  readonly ownsAccount: boolean
}

/** Headers for the upstream: the client's, less what ends here, plus the provider's own and its credential. */
export function upstreamHeaders(
  inbound: Pick<Inbound, 'headers'>,
  provider: Provider,
  { instanceId, trace, key, own, ownsAccount }: UpstreamCall,
): Record<string, string> {
  const client = inbound.headers
  const headers: Record<string, string> = { ...provider.headers }
  const perConnection = connectionOptions(client)
  const foreign = FOREIGN_PREFIX[provider.dialect]
  const payer = ownsAccount ? NOBODY : PAYER
  const sent = client.toJSON()
  for (const name in sent) {
    const value = sent[name]
    // Cookies, the only lists, end here.
    if (typeof value !== 'string' || isConsumed(name)) continue
    if (startsWithOne(name, foreign) || perConnection.includes(name) || payer.includes(name)) continue
    if (!Object.hasOwn(provider.headers, name) || name === DEFAULTED) headers[name] = value
  }
  if (provider.quirks.anthropicVersion !== undefined) delete headers['anthropic-version']
  if (provider.quirks.betas !== undefined) setBetas(headers, provider.quirks.betas, client)
  headers['content-type'] = 'application/json'
  headers['accept-encoding'] = 'identity'
  headers[HOPS_HEADER] = nextHops(client, instanceId)
  headers.traceparent = formatTraceparent(trace)
  if (trace.tracestate !== null) headers.tracestate = trace.tracestate
  if (own !== null) setOwnCredential(headers, provider, own)
  else if (key !== null) setCredential(headers, provider, key)
  return headers
}

/** Only betas that the server knows, and none where the body has them. */
function setBetas(headers: Record<string, string>, quirk: NonNullable<Quirks['betas']>, client: Headers): void {
  delete headers['anthropic-beta']
  if (quirk.in === 'body') return
  const { known } = sortBetas(betasOf(client), quirk.known)
  if (known.length > 0) headers['anthropic-beta'] = known.join(',')
}

/** Takes the betas of what a request goes without out of its headers. */
export function stripBetas(headers: Record<string, string>, strips: readonly Strip[]): void {
  const betas = headers['anthropic-beta']
  if (betas === undefined) return
  const left = betasLeft(betas, strips)
  if (left === null) delete headers['anthropic-beta']
  else headers['anthropic-beta'] = left
}

function startsWithOne(name: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true
  return false
}

/** Headers decided about before; clients choose names, so it begins anew when it is full. */
const decided = new Map<string, boolean>()
const DECIDED_MAX = 1_000

function isConsumed(name: string): boolean {
  const known = decided.get(name)
  if (known !== undefined) return known
  const answer = CONSUMED.has(name) || CREDENTIAL.test(name) || startsWithOne(name, CONSUMED_PREFIXES)
  if (decided.size >= DECIDED_MAX) decided.clear()
  decided.set(name, answer)
  return answer
}

/** Names that the client's `Connection` header declares to be for this hop only. */
function connectionOptions(client: Headers): readonly string[] {
  const connection = client.get('connection')
  if (connection === null || connection === 'keep-alive' || connection === 'close') return []
  return connection.split(',').map((name) => name.trim().toLowerCase())
}

function nextHops(client: Headers, instanceId: string): string {
  const hops = client.get(HOPS_HEADER)
  return hops === null ? instanceId : `${hops}, ${instanceId}`
}

/** @throws ProxyError `invalid_request` if the request has been through this instance before */
export function refuseLoop(client: Headers, instanceId: string): void {
  const hops = client.get(HOPS_HEADER)
  if (hops === null || !hops.split(',').some((hop) => hop.trim() === instanceId)) return
  throw new ProxyError(
    'invalid_request',
    'this request has already passed through this lynkr; a provider points back at it',
  )
}

/** Puts a key where the provider looks for it; one that is no header by itself is left to `send`, which signs with it. */
export function setCredential(headers: Record<string, string>, { auth }: Provider, key: Secret): void {
  if (typeof auth !== 'string') return
  switch (auth) {
    case 'x-api-key':
    case 'api-key':
    case 'x-goog-api-key':
      headers[auth] = key.reveal()
      return
    case 'bearer':
      headers.authorization = `Bearer ${key.reveal()}`
      return
    case 'none':
      return
  }
}

/** A token goes in the header that it came in, which tells the vendor its kind; a bare key in the provider's own. */
function setOwnCredential(headers: Record<string, string>, provider: Provider, { header, value }: OwnCredential): void {
  if (header === 'authorization') headers.authorization = value.reveal()
  else setCredential(headers, provider, value)
}
