import { tryDecodeComponent } from './decode-component.ts'
import { isObject, type Json } from './json.ts'
import { SCHEMA_PART_CHARS, SCHEMA_PARTS_MAX } from './limits.ts'

export interface Inlined {
  readonly schema: Json
  /** A definition that refers to itself cannot be written out: where it would begin again, anything is allowed. */
  readonly isCut: boolean
}

/**
 * A JSON Schema with its local references (`#/$defs/…`, `#/definitions/…`, `#`) written out in their place, for servers
 * that follow none. Members beside a reference win over what it stands for. References elsewhere stay as they are.
 *
 * @returns the schema itself if it has no local reference; `null` if it would grow beyond `SCHEMA_PARTS_MAX`
 */
export function inlineRefs(schema: Json): Inlined | null {
  if (!JSON.stringify(schema).includes('"$ref":"#')) return { schema, isCut: false }
  let parts = 0
  let isCut = false

  function write(value: unknown, within: readonly string[]): unknown {
    parts += partsOf(value)
    if (typeof value !== 'object' || value === null || JSON.isRawJSON(value) || parts > SCHEMA_PARTS_MAX) return value
    if (Array.isArray(value)) return value.map((item) => write(item, within))
    const { $ref: ref, ...beside } = asJson(value)
    if (typeof ref !== 'string' || !isLocal(ref)) return members(asJson(value), within)
    const target = within.includes(ref) ? undefined : lookUp(schema, ref)
    if (!isSchema(target)) {
      isCut = true
      return members(beside, within)
    }
    const written = write(target, [...within, ref])
    return isObject(written) ? { ...written, ...members(beside, within) } : written
  }

  function members(object: Json, within: readonly string[]): Json {
    const entries = Object.entries(object).map(([key, value]) => {
      parts += partsOf(key)
      return [key, write(value, within)] as const
    })
    return Object.fromEntries(entries)
  }

  const { $defs: _defs, definitions: _definitions, ...rest } = schema
  const whole = asJson(write(rest, ['#']))
  return parts > SCHEMA_PARTS_MAX ? null : { schema: whole, isCut }
}

function partsOf(value: unknown): number {
  return typeof value === 'string' ? Math.ceil(value.length / SCHEMA_PART_CHARS) : 1
}

/** A reference to anything else leads nowhere. */
function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || isObject(value)
}

function isLocal(ref: string): boolean {
  return ref === '#' || ref.startsWith('#/')
}

/** What a JSON pointer in a fragment leads to (RFC 6901); `undefined` if nothing, or another document's. */
export function lookUp(schema: Json, ref: string): unknown {
  if (ref === '#') return schema
  if (!isLocal(ref)) return undefined
  let at: unknown = schema
  for (const step of ref.slice(2).split('/')) {
    // A stray percent sign stands for itself.
    const name = (tryDecodeComponent(step) ?? step).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = Reflect.get(at, name)
  }
  return at
}

/** A parser's result: objects of JSON have string keys and unknown members. */
function asJson(value: unknown): Json {
  return value as Json
}
