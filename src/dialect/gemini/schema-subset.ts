import { lookUp } from '../../core/inline-refs.ts'
import { JSON_DEPTH_MAX, SCHEMA_PARTS_MAX } from '../../core/limits.ts'
import { type Json, listOf, textOf, tryObject } from '../openai-chat/wire.ts'
import { settleAlternatives } from './alternatives.ts'
import { fitType } from './fit-type.ts'

/** Members of a schema that are taken as they are. Source: Schema, Gemini API reference, 2026. */
const KEPT = new Set([
  'type',
  'title',
  'description',
  'nullable',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
])

/** Members whose loss changes nothing that a model could do wrong. */
const IDLE = new Set([
  '$schema',
  '$id',
  '$defs',
  'definitions',
  '$comment',
  'additionalProperties',
  'default',
  'examples',
])

const FORMATS = new Set(['enum', 'date-time', 'int32', 'int64', 'float', 'double'])

/** A schema as Gemini takes it, and whether the model is now told less than the client wrote. */
export interface Subset {
  readonly schema: Json
  readonly isNarrowed: boolean
}

/**
 * JSON Schema in the subset that Gemini takes: references inlined, alternatives as `anyOf`, constants as enumerations,
 * the rest left out. A reference to itself ends as an object of any kind, and so does every other one where the schema
 * would grow beyond `SCHEMA_PARTS_MAX`.
 */
export function schemaSubset(value: unknown): Subset {
  const root = tryObject(value) ?? {}
  let parts = 0
  let isNarrowed = false
  const narrow = (): void => {
    isNarrowed = true
  }

  function convert(node: unknown, open: readonly string[]): Json {
    const schema = tryObject(node)
    if (schema === null || open.length > JSON_DEPTH_MAX) return {}
    parts++
    const ref = textOf(schema.$ref)
    if (ref !== '') return inline(ref, schema, open)
    const all: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(schema)) {
      if (KEPT.has(key)) Object.assign(all, key === 'type' ? typeOf(member) : { [key]: member })
      else Object.assign(all, special(key, member, schema, open))
    }
    const typed = fitType(all)
    if (typed.isNarrowed) narrow()
    const out: Record<string, unknown> = { ...typed.schema }
    if (out.type === 'array' && isOpen(out.items)) {
      narrow()
      out.items = TEXT
    }
    const { properties, required } = out
    const known = tryObject(properties)
    if (Array.isArray(required)) {
      const named = required.filter((name) => known !== null && Object.hasOwn(known, String(name)))
      if (named.length > 0) out.required = named
      else delete out.required
    }
    const settled = settleAlternatives(out)
    if (settled.isNarrowed) narrow()
    return settled.schema
  }

  function special(key: string, member: unknown, schema: Json, open: readonly string[]): Json {
    switch (key) {
      case 'properties':
        return { properties: mapped(member, (one) => convert(one, [...open, ''])) }
      case 'items':
        return { items: convert(Array.isArray(member) ? member[0] : member, [...open, '']) }
      case 'anyOf':
      case 'oneOf':
        return { anyOf: listOf(member).map((one) => convert(one, [...open, ''])) }
      case 'allOf':
        return Object.assign({}, ...listOf(member).map((one) => convert(one, [...open, ''])))
      case 'required':
        return { required: member }
      case 'enum':
        return enumOf(listOf(member), schema)
      case 'const':
        return enumOf([member], schema)
      case 'format':
        if (FORMATS.has(textOf(member))) return { format: member }
        narrow()
        return {}
      default:
        if (!IDLE.has(key)) narrow()
        return {}
    }
  }

  /** Only texts can be enumerated, and no empty one; numbers are told by their type. */
  function enumOf(values: readonly unknown[], schema: Json): Json {
    const told = values.filter((one) => one !== null)
    const texts = told.filter((one) => typeof one === 'string' && one !== '')
    if (texts.length === 0 || texts.length < told.length) narrow()
    if (texts.length === 0 || told.some((one) => typeof one !== 'string')) return {}
    return { enum: texts, ...(schema.type === undefined && { type: 'string' }), ...(values.includes(null) && NULLABLE) }
  }

  function inline(ref: string, schema: Json, open: readonly string[]): Json {
    if (open.includes(ref) || parts > SCHEMA_PARTS_MAX) {
      narrow()
      return { type: 'object' }
    }
    const target = lookUp(root, ref)
    if (target === undefined) narrow()
    const description = schema.description !== undefined && { description: schema.description }
    const settled = settleAlternatives({ ...convert(target, [...open, ref]), ...description })
    if (settled.isNarrowed) narrow()
    return settled.schema
  }

  return { schema: convert(root, []), isNarrowed }
}

const NULLABLE = { nullable: true } as const

/** What a list holds of which nobody says it: a list of nothing named is refused. */
const TEXT = { type: 'string' } as const

function isOpen(items: unknown): boolean {
  const { type, anyOf, enum: values } = tryObject(items) ?? {}
  return type === undefined && anyOf === undefined && values === undefined
}

/** `["string", "null"]` is a text that may be absent; of several types the first is told. */
function typeOf(type: unknown): Json {
  if (!Array.isArray(type)) return { type }
  const [first = 'string'] = type.filter((one) => one !== 'null')
  return { type: first, ...(type.includes('null') && NULLABLE) }
}

function mapped(value: unknown, map: (member: unknown) => Json): Json {
  return Object.fromEntries(Object.entries(tryObject(value) ?? {}).map(([name, member]) => [name, map(member)]))
}
