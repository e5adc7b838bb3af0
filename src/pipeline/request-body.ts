import type { Envelope, Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import { isDeeperThan } from '../core/json-depth.ts'
import type { OutlinedJson, Outliner } from '../core/json-outline.ts'
import { type MemberSpan, topLevelMembers } from '../core/json-scan.ts'
import { tooDeep, weightProblem } from '../core/json-weight.ts'
import { ASKED_MODEL_CHARS_MAX, JSON_DEPTH_MAX } from '../core/limits.ts'

/** A request body that was read and checked once: its bytes as they came, and what lynkr acts on. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly envelope: Envelope
  /** Tokens of the conversation that the upstream keeps itself, beyond what the bytes hold. */
  readonly tokensBefore?: number
  /** Members that were left out of it here, whoever it goes to. */
  readonly dropped?: readonly string[]
}

/**
 * Parses a body once and checks its envelope. A key that lynkr acts on must not occur twice: parsers differ in which
 * one they take, and what is billed must be what the upstream reads.
 *
 * @param outline reads the shape alone, where the request will likely go on as it came; `null` parses it as a whole
 * @throws ProxyError `invalid_request`, with the JSON path
 */
export function readRequestBody(bytes: Uint8Array, surface: Surface, outline: Outliner | null = null): RequestBody {
  const outlined = outline?.(bytes) ?? null
  if (outlined !== null) return readOutlined(bytes, surface, outlined)
  const json = parseJsonBody(bytes)
  const envelope = surface.readEnvelope(json)
  checkModelName(envelope.model)
  refuseRepeated(bytes, envelope.json, surface.actedOnKeys)
  return { bytes, envelope }
}

/** No key at its top occurs twice. */
function readOutlined(bytes: Uint8Array, surface: Surface, { json, outline }: OutlinedJson): RequestBody {
  refuseDeep(outline)
  const envelope = surface.readEnvelope(json, outline)
  checkModelName(envelope.model)
  return { bytes, envelope }
}

/** The envelope of a body in which these members were set to other values. Does not parse what nobody asked for yet. */
export function withMembers(envelope: Envelope, members: Readonly<Record<string, unknown>>): Envelope {
  const { json, outline } = envelope
  const described = { ...Object.getOwnPropertyDescriptors(json), ...Object.getOwnPropertyDescriptors(members) }
  return { ...envelope, json: Object.defineProperties({}, described), outline: { ...outline, ...members } }
}

/** A body without a member that occurs once, which is named among what was left out. Parses as little as `withMembers`. */
export function withoutMember(body: RequestBody, member: string): RequestBody {
  const { json, outline } = body.envelope
  const omit = (from: typeof json) => {
    const { [member]: _, ...described } = Object.getOwnPropertyDescriptors(from)
    return Object.defineProperties({}, described)
  }
  return {
    ...body,
    bytes: spliceMembers(body.bytes, { [member]: undefined }),
    envelope: { ...body.envelope, json: omit(json), outline: omit(outline) },
    dropped: [...(body.dropped ?? []), member],
  }
}

/**
 * A name that can stand in a path, a log line and an access list without being another there.
 *
 * @throws ProxyError `invalid_request`
 */
export function checkModelName(model: string): void {
  const isPlain = model.length <= ASKED_MODEL_CHARS_MAX && !UNPRINTED.test(model) && model !== '.' && model !== '..'
  if (isPlain) return
  const wanted = `a name of at most ${ASKED_MODEL_CHARS_MAX} characters, without controls, and without blanks around it`
  throw new ProxyError('invalid_request', `model: must be ${wanted}`, { detail: { path: 'model' } })
}

/** Controls, invisible characters, halves of characters; blanks at an end. */
const UNPRINTED = /[\p{Cc}\p{Cf}\p{Cs}]|^\s|\s$/u

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses a body once. Recursive readers come after this, so that it is not nested deeper than they can follow.
 *
 * @throws ProxyError `invalid_request` on what is not JSON in UTF-8, or nested too deep
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0)
    throw new ProxyError('invalid_request', 'the request has no body; a JSON object is needed')
  const json = parseText(bytes)
  refuseDeep(json)
  return json
}

function refuseDeep(json: unknown): void {
  if (isDeeperThan(json, JSON_DEPTH_MAX)) throw refused(tooDeep())
}

function parseText(bytes: Uint8Array): unknown {
  let problem: string | null
  try {
    const text = utf8.decode(bytes)
    problem = weightProblem(text)
    if (problem === null) return parseExact(text)
  } catch (cause) {
    throw new ProxyError('invalid_request', 'the body is not valid JSON in UTF-8', { cause })
  }
  throw refused(problem)
}

function refused(problem: string): ProxyError {
  return new ProxyError('invalid_request', `the body ${problem}`)
}

/**
 * Refuses a body in which one of these top-level keys occurs twice. @throws ProxyError `invalid_request`
 *
 * A native search counts each key's spelling; as long as the parsed document explains every occurrence, none is hidden.
 * Only a surplus, or an escaped spelling of an ASCII letter, which no serializer writes, needs the scan byte by byte.
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

/**
 * The body with top-level members set to other values or taken out, every other byte as it came. Members that are not
 * there are added in front. The scan ends at the last member to be edited: clients write `model` first, so that it
 * costs nothing.
 *
 * @param bytes a JSON object in which no edited member occurs twice
 * @param edits member name → new value, JSON-serialisable; `undefined` takes the member out
 */
export function spliceMembers(bytes: Uint8Array, edits: Readonly<Record<string, unknown>>): Uint8Array {
  const wanted = Object.keys(edits)
  const members = topLevelMembers(bytes, (found) => wanted.every((key) => found.some((span) => span.key === key)))
  const cuts: Cut[] = []
  const added: string[] = []
  let kept = members.length
  for (const [key, value] of Object.entries(edits)) {
    const at = members.findIndex((span) => span.key === key)
    const member = members[at]
    if (value === undefined) {
      if (member === undefined) continue
      cuts.push(removal(bytes, member, lastKept(members.slice(0, at), edits)))
      kept--
    } else if (member !== undefined) {
      cuts.push({ start: member.valueStart, end: member.valueEnd, text: JSON.stringify(value) })
    } else added.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`)
  }
  const afterBrace = bytes.indexOf(OPEN_BRACE) + 1
  if (added.length > 0) cuts.push({ start: afterBrace, end: afterBrace, text: added.join(',') + (kept > 0 ? ',' : '') })
  cuts.sort((one, two) => one.start - two.start || one.end - two.end)
  const pieces: Uint8Array[] = []
  let at = 0
  for (const cut of cuts) {
    // Taken out already, with the member behind it.
    if (cut.start < at) continue
    pieces.push(bytes.subarray(at, cut.start), Buffer.from(cut.text))
    at = cut.end
  }
  pieces.push(bytes.subarray(at))
  return Buffer.concat(pieces)
}

interface Cut {
  readonly start: number
  readonly end: number
  readonly text: string
}

function lastKept(members: readonly MemberSpan[], edits: Readonly<Record<string, unknown>>): MemberSpan | undefined {
  return members.findLast(({ key }) => !(key in edits && edits[key] === undefined))
}

/**
 * Takes a member out together with the comma behind it, or, of the last one, the comma before it and all that goes
 * between the two.
 *
 * @param before the last member in front of it that stays
 */
function removal(bytes: Uint8Array, member: MemberSpan, before: MemberSpan | undefined): Cut {
  const comma = bytes.indexOf(COMMA, member.valueEnd)
  const isLast = comma === -1 || bytes.subarray(member.valueEnd, comma).some((byte) => byte > SPACE)
  if (!isLast) return { start: member.keyStart, end: comma + 1, text: '' }
  return { start: before?.valueEnd ?? member.keyStart, end: member.valueEnd, text: '' }
}

const SPACE = 0x20
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
