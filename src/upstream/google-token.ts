import { importPKCS8, SignJWT } from 'jose'
import type { Clock, Scheduler } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'
import { type Json, textOf, tryObject } from '../core/json.ts'
import { redactText, Secret } from '../core/secret.ts'
import type { Transport, TransportResponse } from '../core/transport.ts'
import { tryJson } from '../core/try-json.ts'

/** An access token, and when it ends on the monotonic clock. */
export interface GoogleToken {
  readonly text: Secret
  readonly expiresMs: number
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const ASSERTION_S = 3_600
const EXCHANGE_MS = 10_000
const MESSAGE_CHARS_MAX = 200
/** A token with what is said of it has some 2 KB. */
const ANSWER_CHARS_MAX = 64 * 1_024

/**
 * Asks Google for an access token.
 *
 * @param key the text of a key file: a service account's, or what `gcloud auth application-default login` leaves
 * @throws ProxyError `upstream_auth` if the file is none or Google refuses it; the transport's kinds
 * @see RFC 7523 §2.1; https://developers.google.com/identity/protocols/oauth2/service-account (2026)
 */
export async function getGoogleToken(ports: TokenPorts, key: Secret): Promise<GoogleToken> {
  const file = readKeyFile(key)
  const grant = file.type === 'authorized_user' ? refreshGrant(file) : await assertionGrant(file, ports.clock)
  const { status, json } = await exchange(ports, file.token_uri ?? TOKEN_URL, grant)
  const { access_token: text, expires_in: seconds } = json
  if (typeof text !== 'string' || text === '') throw refused(status, json)
  const livesMs = (typeof seconds === 'number' && seconds > 0 ? seconds : ASSERTION_S) * 1_000
  return { text: new Secret(text), expiresMs: ports.clock.nowMs() + livesMs }
}

/** What asking for a token needs from outside. */
export interface TokenPorts {
  readonly transport: Transport
  readonly clock: Clock
  readonly scheduler: Scheduler
}

async function exchange({ transport, scheduler }: TokenPorts, url: string, grant: Record<string, string>) {
  const abort = new AbortController()
  const cancel = scheduler.after(EXCHANGE_MS, () => {
    abort.abort(new ProxyError('upstream_timeout', 'no answer in time'))
  })
  try {
    const response = await transport.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(grant).toString(),
      abort,
    })
    return { status: response.status, json: tryParse(await readText(response)) }
  } catch (thrown) {
    throw transport.explain(abort.signal.aborted ? abort.signal.reason : thrown)
  } finally {
    cancel()
  }
}

/** What is longer is no answer of a token server: the key file names another address. */
async function readText(response: TransportResponse): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = await response.read(); bytes !== null; bytes = await response.read()) {
    text += decoder.decode(bytes, { stream: true })
    if (text.length <= ANSWER_CHARS_MAX) continue
    response.cancel()
    return ''
  }
  return text
}

interface KeyFile {
  readonly type: string
  readonly token_uri?: string
  readonly client_email: string
  readonly private_key: string
  readonly private_key_id: string
  readonly client_id: string
  readonly client_secret: string
  readonly refresh_token: string
}

function readKeyFile(key: Secret): KeyFile {
  const json = tryParse(key.reveal())
  if (json.type !== 'service_account' && json.type !== 'authorized_user') {
    throw new ProxyError('upstream_auth', 'the Google credential is no service-account or authorized-user key file')
  }
  const tokenUri = textOf(json.token_uri)
  return {
    type: json.type,
    ...(tokenUri !== '' && { token_uri: tokenUri }),
    client_email: textOf(json.client_email),
    private_key: textOf(json.private_key),
    private_key_id: textOf(json.private_key_id),
    client_id: textOf(json.client_id),
    client_secret: textOf(json.client_secret),
    refresh_token: textOf(json.refresh_token),
  }
}

function refreshGrant(file: KeyFile): Record<string, string> {
  const { client_id, client_secret, refresh_token } = file
  return { grant_type: 'refresh_token', client_id, client_secret, refresh_token }
}

async function assertionGrant(file: KeyFile, clock: Clock): Promise<Record<string, string>> {
  const issuedS = Math.floor(clock.wallMs() / 1_000)
  const signingKey = await importPKCS8(file.private_key, 'RS256').catch((cause: unknown) => {
    throw new ProxyError('upstream_auth', 'the private key of the Google key file cannot be read', { cause })
  })
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(file.private_key_id !== '' && { kid: file.private_key_id }) })
    .setIssuer(file.client_email)
    .setAudience(file.token_uri ?? TOKEN_URL)
    .setIssuedAt(issuedS)
    .setExpirationTime(issuedS + ASSERTION_S)
    .sign(signingKey)
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
}

function refused(status: number, { error, error_description: description }: Json): ProxyError {
  const words = [error, description].filter((word) => typeof word === 'string').join(': ')
  const told = redactText(words.slice(0, MESSAGE_CHARS_MAX)) || 'no token in its answer'
  return new ProxyError('upstream_auth', `Google gave no access token (${status}): ${told}`)
}

function tryParse(text: string): Json {
  return tryObject(tryJson(text)) ?? {}
}
