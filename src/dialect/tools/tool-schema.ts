import type { Dropped, Quirks } from '../../core/dialect.ts'
import { fitSchema } from '../../core/fit-schema.ts'
import type { Json } from '../../core/json.ts'

/** A tool's schema as this server takes it; what is lost of it is named. */
export function toolSchema(parameters: Json, { toolSchemas }: Quirks, drop: (name: Dropped) => void): Json {
  const { schema, lost } = fitSchema(parameters, toolSchemas)
  for (const name of lost) drop(name)
  return schema
}

/** `$schema` says which JSON Schema is meant; several servers refuse members they do not know. */
export function withoutDialect(parameters: Json): Json {
  if (!('$schema' in parameters)) return parameters
  const { $schema: _, ...rest } = parameters
  return rest
}
