import { ProxyError } from '../core/errors.ts'
import { topLevelMembers } from '../core/top-level-members.ts'

/**
 * Refuses a body in which one of these top-level keys occurs twice.
 *
 * A native search counts each key's spelling; as long as the parsed document explains every occurrence, none is hidden.
 * Only a surplus, or an escaped spelling of an ASCII letter, which no serializer writes, needs the scan byte by byte.
 *
 * @throws ProxyError `invalid_request`
 */
export function refuseRepeated(
  bytes: Uint8Array,
  json: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): void {
  const buffer = asBuffer(bytes)
  if (isExplained(buffer, json, keys) && !hasEscapedLetter(buffer)) return
  const seen = new Set<string>()
  for (const { key } of topLevelMembers(bytes)) {
    if (seen.has(key) && keys.includes(key)) {
      throw new ProxyError('invalid_request', `${key}: occurs twice; which one counts is not defined`, {
        detail: { path: key },
      })
    }
    seen.add(key)
  }
}

/** Whether every occurrence of these keys is one that was parsed: what occurs twice is there once then. */
function isExplained(buffer: Buffer, json: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean {
  for (const key of keys) {
    if (!(key in json)) continue
    const spelling = spellingOf(key)
    if (countUpTo2(buffer, spelling) > 1 && countAll(buffer, spelling) !== occurrences(json, key)) return false
  }
  return true
}

/**
 * The bytes of a key in its quotes, made once: a search for text would make them every time. What is acted on are a few
 * dozen names of our own.
 */
function spellingOf(key: string): Buffer {
  const known = spellings.get(key)
  if (known !== undefined) return known
  const spelling = Buffer.from(`"${key}"`)
  spellings.set(key, spelling)
  return spelling
}

const spellings = new Map<string, Buffer>()

/** `\u005f` and `\u0061`–`\u007a` are the underscore and the small letters, of which all acted-on keys are made. */
const ESCAPED_LETTER = ['\\u005f', '\\u005F', '\\u006', '\\u007'].map((spelling) => Buffer.from(spelling))
const ESCAPED_LATIN = Buffer.from('\\u00')

/** One search finds what all four begin with, which is seldom there. */
function hasEscapedLetter(buffer: Buffer): boolean {
  return buffer.includes(ESCAPED_LATIN) && ESCAPED_LETTER.some((spelling) => buffer.includes(spelling))
}

/** How often the document's keys and string values spell `name`: what a search for it in quotes finds. */
function occurrences(value: unknown, name: string): number {
  if (typeof value === 'string') return value === name ? 1 : 0
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += occurrences(item, name)
    return count
  }
  for (const [key, member] of Object.entries(value)) count += (key === name ? 1 : 0) + occurrences(member, name)
  return count
}

function countUpTo2(buffer: Buffer, needle: Buffer): number {
  const first = buffer.indexOf(needle)
  if (first === -1) return 0
  return buffer.indexOf(needle, first + needle.length) === -1 ? 1 : 2
}

function countAll(buffer: Buffer, needle: Buffer): number {
  let count = 0
  for (let at = buffer.indexOf(needle); at !== -1; at = buffer.indexOf(needle, at + needle.length)) count++
  return count
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
