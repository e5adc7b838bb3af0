import { cutCredential, wholeCredentials } from '../core/credential-shapes.ts'
import { REDACTED } from '../core/secret.ts'

/** Takes text in pieces, gives it back with secrets replaced. `end` gives what was still held back. */
export interface Redactor {
  push(text: string): string
  /** @param isCut the output was cut at its limit: what begins like a secret at its end may be one */
  end(isCut?: boolean): string
}

/** Held back at most, in characters: longer than any credential whose shape is known. */
const HELD_BACK_CHARS_MAX = 4096

const CREDENTIALS = wholeCredentials()
const CUT_CREDENTIAL = cutCredential()

/** Shorter beginnings of a secret are not hidden: they give little away, and ordinary text has them. */
const CUT_CHARS_MIN = 8

/**
 * Replaces secrets in a stream of text, also where one is cut into pieces: lynkr's own and its providers' keys by value,
 * others by shape. A trailing run without white space is held back until it ends, at most 8,192 characters of it.
 *
 * @param secrets exact values; those under 8 characters are ignored, as they would hide ordinary text
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const values = secrets.filter((secret) => secret.length >= 8).sort((a, b) => b.length - a.length)
  const longest = values[0]?.length ?? 0
  const firsts = new Set(values.map((value) => value.charCodeAt(0)))
  let held = ''
  const clean = (text: string, isWhole: boolean): string =>
    values
      .reduce((cleaned, secret) => cleaned.replaceAll(secret, REDACTED), text)
      // What matches at the very end may go on in the next piece.
      .replace(CREDENTIALS, (match, at: number, all: string) =>
        isWhole || at + match.length < all.length ? REDACTED : match,
      )

  /** Length of the longest end of a text that begins one of the secrets, which may have white space in it. */
  function partialLength(text: string): number {
    for (let length = Math.min(longest - 1, text.length); length > 0; length--) {
      if (!firsts.has(text.charCodeAt(text.length - length))) continue
      const end = text.slice(-length)
      if (values.some((secret) => secret.startsWith(end))) return length
    }
    return 0
  }

  return {
    push(text) {
      held += text
      // A run that goes on is held back whatever is in it: it is looked at once for many small pieces.
      if (held.length <= 2 * HELD_BACK_CHARS_MAX && trailingRun(text) === text.length) return ''
      held = clean(held, false)
      let runLength = trailingRun(held)
      if (runLength > HELD_BACK_CHARS_MAX) {
        held = clean(held, true)
        runLength = HELD_BACK_CHARS_MAX
      }
      const cut = Math.max(0, held.length - Math.max(runLength, partialLength(held)))
      // Pieces are encoded one by one: halves of a surrogate pair would become two replacement characters.
      const keepFrom = isInsidePair(held, cut) ? cut - 1 : cut
      const ready = held.slice(0, keepFrom)
      held = held.slice(keepFrom)
      return ready
    },
    end(isCut = false) {
      const rest = clean(held, true)
      held = ''
      if (!isCut) return rest
      const partial = partialLength(rest)
      return partial < CUT_CHARS_MIN
        ? rest.replace(CUT_CREDENTIAL, REDACTED)
        : rest.slice(0, rest.length - partial) + REDACTED
    },
  }
}

/** Length of what follows the last white space. */
function trailingRun(text: string): number {
  let at = text.length
  while (at > 0 && !isSpace(text.charCodeAt(at - 1))) at--
  return text.length - at
}

/** Tab to carriage return, and the space: no credential has one. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

/** Whether this place is inside a surrogate pair. */
function isInsidePair(text: string, at: number): boolean {
  return at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
}
