import type { Quirks } from '../../core/dialect.ts'
import { type Json, listOf } from '../../core/json.ts'
import { mapSchemas } from '../../core/map-schemas.ts'

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
    const value = mapSchemas(key, schema[key], completed)
    if (value === schema[key]) continue
    out ??= { ...schema }
    out[key] = value
  }
  return out ?? schema
}
