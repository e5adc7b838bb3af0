import { Secret } from '../core/secret.ts'
import { LISTED_KEY_CHARS_MIN } from './key-format.ts'

export type CredentialHeader = 'authorization' | 'x-api-key'

/** The client's own credential of an upstream, to be passed on where the operator allows it; never stored or logged. */
export interface OwnCredential {
  readonly header: CredentialHeader
  readonly value: Secret
}

/**
 * What a request presents. `ours` are lynkr keys, from either header and always stripped; `own` is what is not one of
 * ours. A client may send both, and Claude Code does when both variables are set.
 */
export interface Credentials {
  readonly ours: readonly Secret[]
  readonly own: OwnCredential | null
}

/** @param isOurs tells a lynkr key, by its shape or because the operator listed it */
export function readCredentials(headers: Headers, isOurs: (secret: string) => boolean): Credentials {
  const ours: Secret[] = []
  let own: OwnCredential | null = null
  const take = (header: CredentialHeader, whole: string | null): void => {
    const secret = whole === null ? '' : header === 'authorization' ? bearerOf(whole) : whole.trim()
    if (whole === null || secret === '') return
    if (isOurs(secret)) ours.push(new Secret(secret))
    else if (!holdsOurs(whole, isOurs)) own ??= { header, value: new Secret(whole) }
  }
  take('authorization', headers.get('authorization'))
  take('x-api-key', headers.get('x-api-key'))
  return { ours, own }
}

/**
 * Whether one of our keys stands inside a longer header value: two headers of one name joined, another scheme, a name and
 * password. Such a value lets nobody in, and must not be sent to a vendor as the client's own credential.
 */
function holdsOurs(whole: string, isOurs: (secret: string) => boolean): boolean {
  const basic = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(whole)?.[1]
  const text = basic === undefined ? whole : `${whole} ${Buffer.from(basic, 'base64').toString('latin1')}`
  const pieces = text.split(/[\s,;:="']+/).filter((piece) => piece.length >= LISTED_KEY_CHARS_MIN)
  // Each is hashed, before anybody is let in: what holds more than any scheme has is nobody's own.
  return pieces.length > PIECES_MAX || pieces.some(isOurs)
}

/** Words as long as keys in one header: a signature of a cloud's has three. */
const PIECES_MAX = 16

/** RFC 6750: the scheme is case-insensitive. Another scheme is nobody's lynkr key and is taken whole. */
function bearerOf(authorization: string): string {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? authorization.trim()
}
