const PREFIX = 'lynkr_'

/** 256 bits, twice what is asked of a key, in base64url without padding: 43 characters. */
export const KEY_BYTES = 32
const KEY_SHAPE = /^lynkr_[A-Za-z0-9_-]{43}$/

/** Characters that a key of somebody else's making needs: 22 of base 64 hold 132 bits. */
export const LISTED_KEY_CHARS_MIN = 22

/** Characters of a secret that may be shown to tell keys apart: 36 of its 256 bits. */
const SHOWN_CHARS = PREFIX.length + 6

/** A new secret out of `KEY_BYTES` bytes that cannot be guessed. */
export function keySecret(bytes: Uint8Array): string {
  return PREFIX + bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** True if the text has the form of our keys, whether or not such a key exists. */
export function hasKeyShape(text: string): boolean {
  return KEY_SHAPE.test(text)
}

export function shownPrefix(secret: string): string {
  return secret.slice(0, SHOWN_CHARS)
}

/**
 * Compares two texts in a time that depends on their lengths only, so that an attacker cannot find a secret
 * character by character.
 */
export function equalsConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) difference |= (a.charCodeAt(i) | 0) ^ (b.charCodeAt(i) | 0)
  return difference === 0
}

/** SHA-256 of a text in hex. Passed in, because this room is pure and hashing is native. */
export type Sha256 = (text: string) => string
