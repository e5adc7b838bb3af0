/** Where one member of a JSON document's top-level object stands: byte offsets, value end exclusive. */
export interface MemberSpan {
  readonly key: string
  readonly keyStart: number
  readonly valueStart: number
  readonly valueEnd: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/**
 * Lists every member of the top-level object, duplicates included, in order: what `JSON.parse` hides.
 *
 * @param bytes UTF-8 text that `JSON.parse` accepted as an object; anything else gives no promise but to return
 * @param isEnough asked after each member; true ends the scan early
 * @returns spans of the values; keys with their escapes resolved. O(n), one pass, no allocation per nested value.
 */
export function topLevelMembers(
  bytes: Uint8Array,
  isEnough: (members: readonly MemberSpan[]) => boolean = () => false,
): MemberSpan[] {
  const members: MemberSpan[] = []
  let at = skipBlank(bytes, 0) + 1
  for (;;) {
    at = skipBlank(bytes, at)
    if (bytes[at] !== QUOTE) return members
    const keyStart = at
    const keyEnd = skipString(bytes, at)
    const key: unknown = JSON.parse(utf8.decode(bytes.subarray(at, keyEnd)))
    at = skipBlank(bytes, keyEnd)
    if (bytes[at] !== COLON) return members
    const valueStart = skipBlank(bytes, at + 1)
    const valueEnd = skipValue(bytes, valueStart)
    members.push({ key: String(key), keyStart, valueStart, valueEnd })
    if (isEnough(members)) return members
    at = skipBlank(bytes, valueEnd) + 1
  }
}

const utf8 = new TextDecoder()

function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from
  while (isBlank(bytes[at])) at++
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** @returns the offset after the closing quote */
function skipString(bytes: Uint8Array, openingQuote: number): number {
  let at = openingQuote + 1
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  return at
}

/** Brackets need no matching by kind: the text is known to be valid, so counting is enough. */
function skipValue(bytes: Uint8Array, from: number): number {
  let at = from
  let depth = 0
  while (at < bytes.length) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = skipString(bytes, at)
      if (depth === 0) return at
      continue
    }
    if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && (byte === 0x2c || isBlank(byte))) return at
    at++
  }
  return at
}
