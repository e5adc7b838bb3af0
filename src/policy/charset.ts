/**
 * Named alphabets for `string` parameters, as the inside of a regular-expression class (`u` flag).
 *
 * `text` is every assigned, visible Unicode character and the space. Left out: control, format (zero-width and
 * bidirectional marks, which make text look like something else), private use, surrogates, line separators.
 */
const CHARSETS = {
  word: 'A-Za-z0-9_',
  name: 'A-Za-z0-9_.\\-',
  ref: 'A-Za-z0-9_.\\-\\/@~\\^',
  ascii: '\\x20-\\x7e',
  text: '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\x20',
} as const

export type CharsetName = keyof typeof CHARSETS

const LITERAL_CLASS = /^\[((?:[A-Za-z0-9]-[A-Za-z0-9]|[\x20-\x7e])+)\]$/

/**
 * The class body for a charset as written in a template: a name of `CHARSETS`, or a bracket of printable ASCII
 * characters and alphanumeric ranges, such as `[a-f0-9:]`. A hyphen that is not between two alphanumerics means itself;
 * nothing is negated and nothing needs escaping.
 *
 * @returns the body of a regular-expression class, or `null` if the text is neither
 */
export function tryCharset(source: string): string | null {
  if (Object.hasOwn(CHARSETS, source)) return CHARSETS[source as CharsetName] // checked on this line
  const inside = LITERAL_CLASS.exec(source)?.[1]
  if (inside === undefined) return null
  const parts = inside.match(/[A-Za-z0-9]-[A-Za-z0-9]|[\x20-\x7e]/g) ?? []
  if (parts.some((part) => part.length === 3 && part.charCodeAt(0) > part.charCodeAt(2))) return null
  return parts.map((part) => (part.length === 3 ? part : escapeInClass(part))).join('')
}

function escapeInClass(character: string): string {
  return /[\\\]^\-[/]/.test(character) ? `\\${character}` : character
}
