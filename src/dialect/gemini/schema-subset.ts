import { inlineRefs } from '../../core/inline-refs.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { JSON_DEPTH_MAX } from '../../core/limits.ts'
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

/** A schema as Gemini takes it. */
export interface Subset {
  readonly schema: Json
  /** Whether the model is now told less than the client wrote. */
  readonly isNarrowed: boolean
  /** Whether a part of it may be more than the subset can say: anything, an object of any members, one of two types. */
  readonly isOpen: boolean
}

/**
 * JSON Schema in the subset that Gemini takes: references written out, alternatives as `anyOf`, constants as enumerations,
 * the rest left out. Where a reference leads to itself, nothing is said. Cost: linear in the schema written out.
 */
export function schemaSubset(value: unknown): Subset {
  const root = tryObject(value) ?? {}
  const inlined = inlineRefs(root)
  let isNarrowed = inlined === null || inlined.isCut
  let isOpen = false
  const narrow = (): void => {
    isNarrowed = true
  }

  function convert(node: unknown, depth: number): Json {
    const schema = tryObject(node)
    if (schema === null || depth > JSON_DEPTH_MAX) return {}
    const all: Record<string, unknown> = {}
    if (listOf(schema.type).filter((type) => type !== 'null').length > 1) isOpen = true
    for (const [key, member] of Object.entries(schema)) {
      if (KEPT.has(key)) Object.assign(all, key === 'type' ? typeOf(member) : { [key]: member })
      else Object.assign(all, special(key, member, schema, depth))
    }
    const typed = fitType(all)
    if (typed.isNarrowed) narrow()
    const out: Record<string, unknown> = { ...typed.schema }
    if (out.type === 'array' && saysNothing(tryObject(out.items) ?? {})) {
      narrow()
      isOpen = true
      out.items = TEXT
    }
    if (depth > 0 && out.type === 'object' && !hasMembers(out)) isOpen = true
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

  function convertValue(node: unknown, depth: number): Json {
    const converted = convert(node, depth)
    if (saysNothing(converted)) isOpen = true
    return converted
  }

  function special(key: string, member: unknown, schema: Json, depth: number): Json {
    switch (key) {
      case 'properties':
        return { properties: mapped(member, (one) => convertValue(one, depth + 1)) }
      case 'items':
        return { items: convert(Array.isArray(member) ? member[0] : member, depth + 1) }
      case 'anyOf':
      case 'oneOf':
        return { anyOf: listOf(member).map((one) => convert(one, depth + 1)) }
      case 'allOf':
        return Object.assign({}, ...listOf(member).map((one) => convert(one, depth + 1)))
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

  const schema = convert(inlined?.schema ?? root, 0)
  return { schema, isNarrowed, isOpen }
}

const NULLABLE = { nullable: true } as const

/** What a list holds of which nobody says it: a list of nothing named is refused. */
const TEXT = { type: 'string' } as const

function saysNothing({ type, anyOf, enum: values }: Json): boolean {
  return type === undefined && anyOf === undefined && values === undefined
}

/** Whether a schema names any of the members that an object may have. */
export function hasMembers({ properties }: Json): boolean {
  return Object.keys(tryObject(properties) ?? {}).length > 0
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
