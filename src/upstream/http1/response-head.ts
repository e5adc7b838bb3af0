import type { Fields } from '../../core/fields.ts'
import { malformed } from './malformed.ts'

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type BodyEnd =
  | { readonly type: 'length'; readonly bytes: number }
  | { readonly type: 'chunked' }
  | { readonly type: 'close' }

export interface ResponseHead {
  readonly status: number
  readonly headers: Fields
  readonly bodyEnd: BodyEnd
  /** How long the connection may be used again once the answer is whole, in ms; 0: not at all. */
  readonly keepMs: number
}

/** Whoever says nothing keeps a connection longer than that, whoever is asked that often. */
const KEPT_MS = 90_000
/** Servers count their time from their last byte, and what is sent to them takes its own. */
const KEPT_MARGIN_MS = 1_000

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?$/
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
/** A line end that stands alone, and other control characters, are in none. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const LENGTH = /^\d{1,15}$/

/**
 * Reads the head of an answer, strictly: what servers and proxies might read in two ways is refused, as the connection is used
 * again for another client's request. An answer with a length and chunks, as proxies send that copy the fields of another, is
 * taken by its chunks, and is the last one of its connection.
 *
 * @param text the status line and the fields, without the empty line at the end; one byte a character
 * @throws ProxyError with code `MALFORMED_HTTP`
 * @see RFC 9112 §4, §5, §6.3
 */
export function readHead(text: string): ResponseHead {
  const lines = text.split('\r\n')
  const line = STATUS_LINE.exec(lines[0] ?? '')
  if (line === null) throw malformed('its status line')
  const status = Number(line[2])
  const fields: Record<string, string> = Object.create(null)
  for (let i = 1; i < lines.length; i++) addField(fields, lines[i] ?? '')
  const hasTwoLengths = dropLength(fields)
  const bodyEnd = bodyEndOf(status, fields)
  const isReusable = bodyEnd.type !== 'close' && !hasTwoLengths && isKept(line[1] === '1', fields)
  return { status, headers: toFields(fields), bodyEnd, keepMs: isReusable ? keepMsOf(fields['keep-alive']) : 0 }
}

function addField(fields: Record<string, string>, line: string): void {
  const colon = line.indexOf(':')
  const name = fieldName(line.slice(0, Math.max(colon, 0)))
  const sent = line.slice(colon + 1)
  if (!VALUE.test(sent)) throw malformed('the value of a field')
  const value = sent.trim()
  const before = fields[name]
  fields[name] = before === undefined ? value : `${before}, ${value}`
}

/** Names that were seen before, in lower case; servers choose them, so it begins anew when it is full. */
const names = new Map<string, string>()
const NAMES_MAX = 1_000

function fieldName(sent: string): string {
  const known = names.get(sent)
  if (known !== undefined) return known
  const name = sent.toLowerCase()
  if (!NAME.test(name)) throw malformed('the name of a field')
  if (names.size >= NAMES_MAX) names.clear()
  names.set(sent, name)
  return name
}

/** What came, without a native object for it: few of the fields are ever asked for. */
function toFields(fields: Record<string, string>): Fields {
  return {
    get: (name) => fields[name] ?? null,
    has: (name) => fields[name] !== undefined,
    toJSON: () => fields,
  }
}

/**
 * Takes the length out where chunks are what counts: whoever reads on would believe it. Whoever stands between may have
 * believed it, too, and take what is behind it for the next answer.
 */
function dropLength(fields: Record<string, string>): boolean {
  if (fields['transfer-encoding'] === undefined || fields['content-length'] === undefined) return false
  delete fields['content-length']
  return true
}

function bodyEndOf(status: number, fields: Record<string, string>): BodyEnd {
  const coding = fields['transfer-encoding']
  const length = fields['content-length']
  if (status < 200 || status === 204 || status === 304) return { type: 'length', bytes: 0 }
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw malformed('its transfer coding')
    return { type: 'chunked' }
  }
  if (length === undefined) return { type: 'close' }
  const bytes = lengthOf(length)
  if (!LENGTH.test(length)) fields['content-length'] = `${bytes}`
  return { type: 'length', bytes }
}

/** The same length twice is one; two lengths are none. */
function lengthOf(text: string): number {
  const [first = '', ...others] = text.split(', ')
  if (!LENGTH.test(first) || others.some((other) => other !== first)) throw malformed('the length of its body')
  return Number(first)
}

function isKept(isVersion11: boolean, { connection }: Record<string, string>): boolean {
  if (connection === undefined) return isVersion11
  const options = connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
  return isVersion11 ? !options.includes('close') : options.includes('keep-alive')
}

/** `Keep-Alive: timeout=5` is what servers on Node say, and close the connection then. */
function keepMsOf(said: string | undefined): number {
  const seconds = said === undefined ? null : /timeout=(\d{1,6})/i.exec(said)
  if (seconds === null) return KEPT_MS
  return Math.max(0, Math.min(KEPT_MS, Number(seconds[1]) * 1_000 - KEPT_MARGIN_MS))
}
