import { listOf, tryObject } from '../../core/json.ts'
import type { OutputFormat } from '../../core/request.ts'

/** Where schemas stand inside of one: by name, and in a list. */
const BY_NAME = ['properties', '$defs', 'definitions'] as const
const IN_LIST = ['anyOf', 'allOf', 'oneOf'] as const

/**
 * Whether OpenAI is to hold the answer to its schema. Who says nothing of it, as Messages clients do, wants that wherever
 * it is to be had.
 */
export function isStrictFormat({ schema, strict }: OutputFormat & { readonly type: 'json_schema' }): boolean {
  return strict ?? canBeStrict(schema)
}

/**
 * True if OpenAI takes a schema as a strict one: every object in it has no members but its own, and all of them are
 * required. Linear in the schema.
 *
 * @see OpenAI, "Structured model outputs", supported schemas, 2026
 */
export function canBeStrict(value: unknown): boolean {
  const schema = tryObject(value)
  if (schema === null) return true
  const names = Object.keys(tryObject(schema.properties) ?? {})
  const isObject = schema.type === 'object' || listOf(schema.type).includes('object') || names.length > 0
  const required = new Set(listOf(schema.required))
  if (isObject && (schema.additionalProperties !== false || !names.every((name) => required.has(name)))) return false
  return (
    canBeStrict(schema.items) &&
    BY_NAME.every((member) => Object.values(tryObject(schema[member]) ?? {}).every(canBeStrict)) &&
    IN_LIST.every((member) => listOf(schema[member]).every(canBeStrict))
  )
}
