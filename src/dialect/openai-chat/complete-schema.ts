import type { Quirks } from '../../core/dialect.ts'
import { type Json, listOf, tryObject } from '../../core/json.ts'

/** Where schemas stand inside of one: by name, in a list, or alone. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions'])
const IN_LIST: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'])
const ALONE: ReadonlySet<string> = new Set(['items', 'additionalProperties'])

const ANYTHING: Json = Object.freeze({})

/**
 * A tool's schema with what OpenAI insists on, where JSON Schema does without: an object of arguments says so and names
 * its members, though there be none, and a list says what it holds, though it be anything. The same object where nothing is
 * missing. Linear in the schema.
 */
export function completeSchema(parameters: Json, { toolSchemas }: Quirks): Json {
  const complete = toolSchemas?.openLists === true ? parameters : completed(parameters)
  if (complete.type !== undefined && complete.properties !== undefined) return complete
  return { ...complete, type: complete.type ?? 'object', properties: complete.properties ?? {} }
}

function completed(schema: Json): Json {
  const isBareList = schema.items === undefined && (schema.type === 'array' || listOf(schema.type).includes('array'))
  let out: Record<string, unknown> | null = isBareList ? { ...schema, items: ANYTHING } : null
  for (const key in schema) {
    const value = inner(key, schema[key])
    if (value === schema[key]) continue
    out ??= { ...schema }
    out[key] = value
  }
  return out ?? schema
}

function inner(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return IN_LIST.has(key) ? mapped(value) : value
  const object = tryObject(value)
  if (object === null || JSON.isRawJSON(object)) return value
  if (ALONE.has(key)) return completed(object)
  return BY_NAME.has(key) ? mappedByName(object) : value
}

function mapped(list: readonly unknown[]): readonly unknown[] {
  const schemas = list.map(completedIfSchema)
  return schemas.every((one, i) => one === list[i]) ? list : schemas
}

function mappedByName(schemas: Json): Json {
  const entries = Object.entries(schemas).map(([name, one]) => [name, completedIfSchema(one)] as const)
  return entries.every(([name, one]) => one === schemas[name]) ? schemas : Object.fromEntries(entries)
}

function completedIfSchema(value: unknown): unknown {
  const schema = tryObject(value)
  return schema === null || JSON.isRawJSON(schema) ? value : completed(schema)
}
