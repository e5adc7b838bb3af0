import { inlineRefs } from '../../core/inline-refs.ts'
import type { Json } from '../../core/json.ts'
import { hasMembers, schemaSubset } from './schema-subset.ts'

/** How Gemini is told a schema. */
export interface ToldSchema {
  /** Whether it is JSON Schema, for which there are members of their own, and not Gemini's subset. */
  readonly isJsonSchema: boolean
  readonly schema: Json
  /** Whether the model is told less than the client wrote. */
  readonly isNarrowed: boolean
}

/**
 * A schema in Gemini's subset, or where a part of it may be anything, as JSON Schema: of an object the subset insists on
 * members, and of a value on one type. What the subset can say stays in it, since the model is held to it more strictly.
 *
 * @see Gemini API v1beta and Vertex AI v1, `FunctionDeclaration.parametersJsonSchema`, `GenerationConfig.responseJsonSchema`, 2026
 */
export function toldSchema(asked: Json): ToldSchema {
  const { isOpen, schema, isNarrowed } = schemaSubset(asked)
  const inlined = isOpen || isFree(asked) ? inlineRefs(asked) : null
  // A reference that leads elsewhere is refused.
  if (inlined === null || JSON.stringify(inlined.schema).includes('"$ref":"')) {
    return { isJsonSchema: false, schema, isNarrowed }
  }
  const { $schema: _, ...whole } = inlined.schema
  return { isJsonSchema: true, schema: whole, isNarrowed: inlined.isCut }
}

/** Whether arguments may have any names, where none are known. */
function isFree(root: Json): boolean {
  const { additionalProperties: others = false, patternProperties } = root
  return !hasMembers(root) && (others !== false || patternProperties !== undefined)
}
