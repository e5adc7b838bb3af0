import { parseExact } from './exact-json.ts'
import { isObject, type Json } from './json.ts'
import { OUTLINE_MODULE } from './json-outline-module.ts'
import { weightProblem } from './json-weight.ts'

/** A JSON object of which only the shape was parsed. */
export interface OutlinedJson {
  /** The whole document: a member with long texts in it is parsed when it is first asked for. */
  readonly json: Json
  /** The same document at once; string values of over 128 bytes are cut to what they begin with, at most 16 characters. */
  readonly outline: Json
}

/** Reads the shape of a text; `null` for one that has to be parsed as a whole, which any text that is no JSON is. */
export type Outliner = (bytes: Uint8Array) => OutlinedJson | null

export interface OutlineBounds {
  /** Shorter texts are left to the plain parse, which costs as little. */
  readonly bytesMin: number
  /** Strings up to so many bytes, as they are written, are kept whole: kinds, names and ids. */
  readonly keptBytes: number
}

const BOUNDS: OutlineBounds = { bytesMin: 4 * 1024, keptBytes: 128 }
/** Of longer strings so many characters are kept, as far as they are plain: enough to tell by what mark they begin. */
const BEGUN_CHARS = 16
/** The memory of the module stays as large as its largest text. */
const OUTLINED_BYTES_MAX = 4 * 1024 * 1024

/** Where things lie in the memory of the module: its own table is in front of them. */
const ROWS_START = 256
const ROW_WORDS = 5
const MEMBERS_MAX = 64
const TEXT_START = ROWS_START + MEMBERS_MAX * ROW_WORDS * 4
/** Behind a text: the module reads 16 bytes at once. */
const PADDING = 32
const PAGE_BYTES = 64 * 1024

interface OutlineModule {
  readonly memory: WebAssembly.Memory
  readonly members: WebAssembly.Global
  outline(
    from: number,
    length: number,
    to: number,
    rows: number,
    rowsEnd: number,
    keptBytes: number,
    begunChars: number,
  ): number
}

/**
 * Makes an outliner, with a memory of its own: most of a conversation is long texts, which whoever passes it on as it came
 * has no use for. They are lifted out in one pass of a WebAssembly module, and the rest is left to `JSON.parse`, so that
 * what is no JSON for the one is none for the other: of what is lifted out the module checks what `JSON.parse` would, and
 * `isUtf8` the rest.
 *
 * Left to the plain parse is what is seldom there: keys that occur twice at the top or hold an escape, and escapes of
 * letters, digits, `-`, `.` and `_` anywhere, which could hide a mark.
 *
 * @param isUtf8 native, and quick: it looks at every byte
 */
export function createOutliner(isUtf8: (bytes: Uint8Array) => boolean, { bytesMin, keptBytes } = BOUNDS): Outliner {
  let module: OutlineModule | null = null
  return (bytes) => {
    if (bytes.length < bytesMin || bytes.length > OUTLINED_BYTES_MAX || !isUtf8(bytes)) return null
    module ??= loadModule()
    const text = lift(module, bytes, keptBytes)
    return text === null ? null : tryRead(bytes, text, rowsOf(module))
  }
}

function loadModule(): OutlineModule {
  const compiled = new WebAssembly.Module(Uint8Array.fromBase64(OUTLINE_MODULE))
  // The module is ours: its exports are these.
  return new WebAssembly.Instance(compiled).exports as unknown as OutlineModule
}

/** The text without what is long: a view that is good until the next call. */
function lift({ memory, outline }: OutlineModule, bytes: Uint8Array, keptBytes: number): Uint8Array | null {
  const to = TEXT_START + bytes.length + PADDING
  const missing = to + bytes.length + PADDING - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
  const space = new Uint8Array(memory.buffer)
  space.set(bytes, TEXT_START)
  space.fill(0, TEXT_START + bytes.length, to)
  const length = outline(TEXT_START, bytes.length, to, ROWS_START, TEXT_START, keptBytes, BEGUN_CHARS)
  return length < 0 ? null : space.subarray(to, to + length)
}

function rowsOf({ memory, members }: OutlineModule): Int32Array {
  return new Int32Array(memory.buffer, ROWS_START, Number(members.value) * ROW_WORDS)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function tryRead(bytes: Uint8Array, text: Uint8Array, rows: Int32Array): OutlinedJson | null {
  const outline = tryParse(text)
  if (outline === null) return null
  const json = { ...outline }
  const seen = new Set<string>()
  for (let row = 0; row < rows.length; row += ROW_WORDS) {
    const [keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0, isCut = 0] = rows.subarray(row, row + ROW_WORDS)
    const key = utf8.decode(bytes.subarray(keyStart + 1, keyEnd - 1))
    if (seen.has(key) || key.includes('\\') || key === '__proto__') return null
    seen.add(key)
    if (isCut === 1) parseWhenAsked(json, key, bytes.subarray(valueStart, valueEnd))
  }
  return { json, outline }
}

function tryParse(text: Uint8Array): Json | null {
  try {
    const shape = utf8.decode(text)
    if (weightProblem(shape) !== null) return null
    const value = parseExact(shape)
    return isObject(value) ? value : null
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) return null
    throw thrown
  }
}

/** The value is valid: what was cut out of it was checked, and what was left of it was parsed. */
function parseWhenAsked(json: Json, key: string, bytes: Uint8Array): void {
  let value: unknown
  let isParsed = false
  Object.defineProperty(json, key, {
    enumerable: true,
    configurable: true,
    get() {
      if (!isParsed) value = parseExact(utf8.decode(bytes))
      isParsed = true
      return value
    },
  })
}
