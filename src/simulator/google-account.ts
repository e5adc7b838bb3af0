import { isObject, type Json } from '../core/json.ts'
import { type Answer, jsonAnswer } from './answer.ts'

/** Where the simulator exchanges signed assertions for access tokens. */
export const TOKEN_PATH = '/oauth2/token'

const EMAIL = 'lynkr@simulated.iam.gserviceaccount.com'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const SKEW_S = 300
const KEY_BITS = 2_048

/** Made at the first use: a key takes a tenth of a second. */
let pair: { readonly publicKey: string; readonly privateKey: string } | null = null

function keyPair(): { readonly publicKey: string; readonly privateKey: string } {
  pair ??= loadCrypto().generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return pair
}

/** Loaded by whoever simulates Google: it takes several milliseconds. */
function loadCrypto(): typeof import('node:crypto') {
  return require('node:crypto')
}

/** The key file of the one service account that the simulator at this address knows. */
export function simulatedServiceAccount(simulatorUrl: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'simulated',
    private_key_id: 'simulated-key-1',
    private_key: keyPair().privateKey,
    client_email: EMAIL,
    token_uri: `${simulatorUrl}${TOKEN_PATH}`,
  })
}

/** Judges an assertion as Google does, by RFC 7523, and hands out a token. */
export function tokenAnswer(body: Uint8Array, host: string, wallMs: number): Answer {
  const form = new URLSearchParams(new TextDecoder().decode(body))
  if (form.get('grant_type') === 'refresh_token') {
    return form.get('refresh_token') === 'simulated-refresh-token' ? granted() : invalid('Token has been revoked.')
  }
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    return jsonAnswer({ error: 'unsupported_grant_type' }, [], 400)
  }
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const verify = loadCrypto().createVerify('RSA-SHA256').update(`${head}.${claims}`)
  if (!verify.verify(keyPair().publicKey, signature, 'base64url')) return invalid('Invalid JWT Signature.')
  const { iss, scope, aud, iat, exp } = part(claims)
  const nowS = wallMs / 1_000
  if (part(head).alg !== 'RS256' || iss !== EMAIL) return invalid('Invalid grant: account not found')
  if (scope !== SCOPE) return jsonAnswer({ error: 'invalid_scope' }, [], 400)
  if (typeof aud !== 'string' || !aud.endsWith(`${host}${TOKEN_PATH}`)) return invalid('Invalid JWT: wrong audience.')
  const isTimely = typeof iat === 'number' && typeof exp === 'number' && exp - iat <= 3_600 && exp > nowS
  if (!isTimely || iat > nowS + SKEW_S) return invalid('Invalid JWT: Token must be a short-lived token (60 minutes).')
  return granted()
}

function granted(): Answer {
  return jsonAnswer({ access_token: 'ya29.simulated-access-token', expires_in: 3_599, token_type: 'Bearer' })
}

function invalid(description: string): Answer {
  return jsonAnswer({ error: 'invalid_grant', error_description: description }, [], 400)
}

function part(encoded: string): Json {
  const json: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
  return isObject(json) ? json : {}
}
