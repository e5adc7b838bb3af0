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

/**
 * Shapes of credentials in free text, for words of others (an upstream's error message) that lynkr repeats.
 * A second line of defence: our own secrets are of type `Secret`. What can fail after a long run has a bound, or a text
 * made for it would cost its length squared: the longest headers of JWTs are below it.
 */
const SECRET_PATTERN = new RegExp(
  `\\b(?:${[
    'sk-[A-Za-z0-9_-]{8,}',
    'dapi[A-Za-z0-9-]{8,}',
    'lynkr_[A-Za-z0-9_-]{8,}',
    'gsk_[A-Za-z0-9]{8,}',
    'xai-[A-Za-z0-9]{8,}',
    'A[KS]IA[A-Z0-9]{12,}',
    // Amazon Bedrock's own keys, long and short.
    '(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/]{16,}={0,2}',
    'AIza[A-Za-z0-9_-]{16,}',
    // What AI Studio gives out since 2026.
    'AQ\\.[A-Za-z0-9_-]{32,}',
    'ya29\\.[A-Za-z0-9._-]{8,}',
    // z.ai's and Ollama's.
    '[0-9a-f]{32}\\.[A-Za-z0-9_-]{16,}',
    'gh[pousr]_[A-Za-z0-9]{16,}',
    'github_pat_[A-Za-z0-9_]{16,}',
    'hf_[A-Za-z0-9]{16,}',
    'nvapi-[A-Za-z0-9_-]{16,}',
    'eyJ[A-Za-z0-9_-]{8,500}\\.[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]*)?',
    '(?:Bearer|Basic)\\s+[A-Za-z0-9._~+/=-]{8,}',
  ].join('|')})`,
  'gi',
)

/** The text with everything that looks like a credential replaced. Linear in its length. */
export function redactText(text: string): string {
  return text.replace(SECRET_PATTERN, REDACTED)
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
