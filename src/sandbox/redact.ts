import { REDACTED } from '../core/secret.ts'

/** Takes text in pieces, gives it back with secrets replaced. `end` gives what was still held back. */
export interface Redactor {
  push(text: string): string
  /** @param isCut more was written, at a limit that asks nobody: what begins like a secret at the end may be one */
  end(isCut?: boolean): string
}

/** Held back at most, in characters: longer than any credential that the shapes below know. */
const HELD_BACK_CHARS_MAX = 4096

/**
 * Published shapes of credentials. Each begins with a marker that ordinary text does not have. What can fail after a long
 * run has a bound, or hostile output would cost its length squared.
 */
const SHAPES = new RegExp(
  [
    'lynkr_[A-Za-z0-9_-]{43}',
    'sk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{20,}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'gh[pousr]_[A-Za-z0-9]{36,}',
    'github_pat_[A-Za-z0-9_]{40,}',
    'glpat-[A-Za-z0-9_-]{20,}',
    'xox[abprs]-[A-Za-z0-9-]{10,}',
    'AIza[A-Za-z0-9_-]{35}',
    'AQ\\.[A-Za-z0-9_-]{40,}',
    'ya29\\.[A-Za-z0-9._-]{40,}',
    'dapi[0-9a-f]{32}',
    '(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/]{40,}={0,2}',
    'gsk_[A-Za-z0-9]{40,}',
    'xai-[A-Za-z0-9]{40,}',
    'hf_[A-Za-z0-9]{30,}',
    'nvapi-[A-Za-z0-9_-]{40,}',
    'npm_[A-Za-z0-9]{36,}',
    '[rs]k_live_[A-Za-z0-9]{20,}',
    'eyJ[A-Za-z0-9_-]{10,500}\\.[A-Za-z0-9_-]{10,3000}\\.[A-Za-z0-9_-]{10,1000}',
  ].join('|'),
  'g',
)

/** The beginning of one of them, at the end of a text. */
const CUT_SHAPE =
  /(?:lynkr_|sk-|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AIza|AQ\.|ya29\.|dapi|ABSK|bedrock-api-key-|gsk_|xai-|hf_|nvapi-|npm_|[rs]k_live_|eyJ)[A-Za-z0-9_.+/=-]{8,}$/

/** Shorter beginnings tell nothing that would be worth hiding ordinary text for. */
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
      .replace(SHAPES, (match, at: number, all: string) =>
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
      // Each piece is encoded by itself: a pair of surrogates that is parted would become two signs of an error.
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
        ? rest.replace(CUT_SHAPE, REDACTED)
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

/** Whether a character beyond U+FFFF goes over this place. */
function isInsidePair(text: string, at: number): boolean {
  return at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
}
