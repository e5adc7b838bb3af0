import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { isSystemError, systemProblem } from '../core/system-error.ts'
import type { Provider } from '../core/target.ts'
import { tryJson } from '../core/try-json.ts'
import { setCredential } from '../pipeline/headers.ts'

/** What a provider answered to a question that costs nothing: its list of models. */
export type Probe =
  | {
      readonly kind: 'answered'
      readonly models: readonly string[]
      readonly ms: number
      readonly skewMs: number | null
    }
  /** It does not take the key. */
  | { readonly kind: 'refused'; readonly status: number; readonly skewMs: number | null }
  /** Something else answers there, or it is ill. */
  | { readonly kind: 'odd'; readonly status: number; readonly skewMs: number | null }
  /** Somebody is there, but shows a certificate that is not believed. */
  | { readonly kind: 'untrusted'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string }

const ANSWER_WITHIN_MS = 5_000

/** The shape that Anthropic's and OpenAI's lists share. */
const listSchema = z.object({ data: z.array(z.object({ id: z.string() })) })

/** Asks for the list of models with the first key. No prompt is sent and nothing is spent. */
export async function probeProvider(provider: Provider, clock: Clock): Promise<Probe> {
  const { baseUrl, paths, keys } = provider
  const [key] = keys
  const headers: Record<string, string> = { ...provider.headers }
  if (key !== undefined) setCredential(headers, provider, key)
  const startMs = clock.nowMs()
  try {
    const response = await fetch(baseUrl + (paths.models ?? '/'), {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const skewMs = skew(response.headers.get('date'), clock.wallMs())
    const { status } = response
    const isRefused = status === 401 || status === 403
    if (isRefused && showsKey(provider)) return { kind: 'refused', status, skewMs }
    // An address without a list still shows with any answer that somebody is there.
    const isThere = response.ok || isRefused || (paths.models === null && status < 500)
    if (!isThere) return { kind: 'odd', status, skewMs }
    const models = response.ok ? modelsIn(await response.text()) : []
    return { kind: 'answered', models, ms: Math.round(clock.nowMs() - startMs), skewMs }
  } catch (thrown) {
    return { kind: isAboutCertificate(thrown) ? 'untrusted' : 'silent', reason: reasonOf(thrown) }
  }
}

/** Not where requests are signed, nor where the clients bring their own: a refusal then only shows who is there. */
function showsKey({ auth, credential: owner }: Provider): boolean {
  return typeof auth === 'string' && owner !== 'client'
}

function modelsIn(text: string): readonly string[] {
  const list = listSchema.safeParse(tryJson(text))
  return list.success ? list.data.data.map(({ id }) => id) : []
}

/** How far the clock here is ahead of the one there, in ms; a `Date` header is exact to the second. */
function skew(date: string | null, wallMs: number): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  return Number.isNaN(theirs) ? null : wallMs - theirs
}

/** OpenSSL's own names: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN, UNABLE_TO_VERIFY_LEAF_SIGNATURE and so on. */
function isAboutCertificate(thrown: unknown): boolean {
  return isSystemError(thrown) && /CERT|LEAF_SIGNATURE/.test(thrown.code)
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if ('code' in thrown && thrown.code === 'UnsupportedProxyProtocol') return OTHER_PROXY
  if (thrown.name === 'TimeoutError') return `no answer within ${ANSWER_WITHIN_MS / 1_000} s`
  return systemProblem(thrown)
}

const OTHER_PROXY = 'the proxy of the environment is not one of http:// or https://, and no other is known here'
