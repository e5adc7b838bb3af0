import { ProxyError, toProxyError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Sign } from '../core/signer.ts'
import type { SignedAuth } from '../core/target.ts'
import { type GoogleToken, getGoogleToken, type TokenPorts } from './google-token.ts'

/** A token with less left than this is replaced while it is still used. */
const REFRESH_BEFORE_MS = 10 * 60_000

/** A token with less left than this is not used any more: clocks differ, and streams begin late. */
const UNUSABLE_BEFORE_MS = 60_000

/** After a refresh that failed the old token is used on, and the next one is asked for no sooner than this. */
const RETRY_AFTER_MS = 30_000

/** One credential's token, and the request for the next one if it is under way. */
interface Slot {
  token: GoogleToken | null
  pending: Promise<GoogleToken> | null
  retryAtMs: number
}

/**
 * Exchanges Google credentials for access tokens, one exchange at a time for each, and renews a token well before it
 * ends while requests go on with the old one: only the very first request waits.
 */
export function openGoogleSigner(ports: TokenPorts): Sign<Extract<SignedAuth, { type: 'google' }>> {
  const { clock } = ports
  // As many as the operator configured.
  const slots = new Map<Secret, Slot>()

  function renew(slot: Slot, key: Secret): Promise<GoogleToken> {
    slot.pending ??= getGoogleToken(ports, key).then(
      (token) => {
        slot.token = token
        slot.pending = null
        return token
      },
      (thrown) => {
        slot.pending = null
        slot.retryAtMs = clock.nowMs() + RETRY_AFTER_MS
        throw asAuthError(thrown)
      },
    )
    return slot.pending
  }

  async function tokenFor(key: Secret): Promise<GoogleToken> {
    const slot: Slot = slots.get(key) ?? { token: null, pending: null, retryAtMs: 0 }
    slots.set(key, slot)
    const leftMs = (slot.token?.expiresMs ?? 0) - clock.nowMs()
    if (slot.token === null || leftMs < UNUSABLE_BEFORE_MS) return renew(slot, key)
    if (leftMs < REFRESH_BEFORE_MS && clock.nowMs() >= slot.retryAtMs) {
      renew(slot, key).catch((thrown) => void toProxyError(thrown))
    }
    return slot.token
  }

  return async ({ key }) => ({ authorization: `Bearer ${(await tokenFor(key)).text.reveal()}` })
}

/** Whatever stood in the way, the credential cannot be used now: the next key, the next target may. */
function asAuthError(thrown: unknown): ProxyError {
  const error = toProxyError(thrown)
  if (error.kind === 'upstream_auth') return error
  const message = `no access token could be had from Google: ${error.message}`
  return new ProxyError('upstream_auth', message, { cause: thrown })
}
