import { likelyCredentials } from './credential-shapes.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** What every way of printing a secret shows. */
export const REDACTED = '[redacted]'

/**
 * A credential that cannot be printed by accident: string conversion, JSON, templates and inspection all show
 * `[redacted]`. Only `reveal` gives the text, at the one place that puts it on the wire.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.toPrimitive](): string {
    return REDACTED
  }

  [INSPECT](): string {
    return REDACTED
  }
}

/** For words of others that lynkr repeats. A second line of defence: our own secrets are of type `Secret`. */
const CREDENTIALS = likelyCredentials()

/** The text with everything that looks like a credential replaced. Linear in its length. */
export function redactText(text: string): string {
  return text.replace(CREDENTIALS, REDACTED)
}

/** Shorter texts are words that an answer may use: servers of one's own take any key. */
const SECRET_CHARS_MIN = 16

/**
 * An upstream's error without the keys that it was asked with: some servers repeat what they refuse. The same bytes
 * where there are none. O(length × secrets); for errors, not for answers.
 */
export function withoutSecrets(bytes: Uint8Array, secrets: readonly Secret[]): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const told = secrets.map((secret) => secret.reveal()).filter((text) => text.length >= SECRET_CHARS_MIN)
  const found = told.filter((text) => buffer.includes(text))
  if (found.length === 0) return bytes
  return Buffer.from(found.reduce((text, secret) => text.replaceAll(secret, REDACTED), buffer.toString('utf8')))
}

/** Bedrock's errors name the caller's account; the client of a shared proxy has no business with it. */
export function redactArns(text: string): string {
  return text.replace(/\barn:aws[a-z-]*:[^\s"',;]+/g, REDACTED).replace(/\b\d{12}\b/g, REDACTED)
}
