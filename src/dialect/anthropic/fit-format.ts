import { fitSchema, type SchemaProfile } from '../../core/fit-schema.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { mapSchemas } from '../../core/map-schemas.ts'
import type { OutputFormat } from '../../core/request.ts'
import { claudeVersion } from './claude-version.ts'
import type { Drop } from './encode-block.ts'

/**
 * What Claude takes of JSON Schema where it is to keep to one; anything more has the request refused.
 *
 * @see Anthropic, "Structured outputs", JSON Schema limitations, 2026
 */
const TAKEN: SchemaProfile = {
  without: [
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'minLength',
    'maxLength',
    'maxItems',
    'uniqueItems',
    'minProperties',
    'maxProperties',
  ],
  formats: ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
}

/** Where the objects of a schema are closed: not in `allOf`. */
const CLOSED: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'anyOf', 'oneOf', 'items'])

/**
 * The form of an answer as Claude takes it: every object with members of its own has no others, bounds are left out by
 * name, and of alternatives any will do. Other models behind the Messages API get it as it is.
 */
export function fitFormat(format: OutputFormat, model: string, drop: Drop): OutputFormat {
  return claudeVersion(model) === null ? format : closeFormat(format, drop)
}

/** As `fitFormat`, whatever the model: Bedrock holds models of other vendors to schemas of the same kind. */
export function closeFormat(format: OutputFormat, drop: Drop): OutputFormat {
  if (format.type !== 'json_schema') return format
  const asked = tryObject(format.schema)
  if (asked === null) return format
  const { schema, isNarrowed } = claudeSchema(asked)
  if (isNarrowed) drop('response_format.schema')
  return { ...format, schema }
}

/** Whether Claude can be held to a tool's schema: it is one that is taken as it stands. */
export function canBeStrict(parameters: Json): boolean {
  const { schema, isNarrowed } = claudeSchema(parameters)
  return !isNarrowed && JSON.stringify(schema) === JSON.stringify(parameters)
}

function claudeSchema(asked: Json): { readonly schema: Json; readonly isNarrowed: boolean } {
  const { schema, lost } = fitSchema(asked, TAKEN)
  let isNarrowed = lost.length > 0

  function close(node: Json): Json {
    const out: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(node)) {
      if (key === 'minItems' && value !== 0 && value !== 1) isNarrowed = true
      else if (key !== 'discriminator') {
        out[key === 'oneOf' ? 'anyOf' : key] = CLOSED.has(key) ? mapSchemas(key, value, close) : value
      }
    }
    // Parts of a whole that all must fit know each other's members only together.
    if (node.properties === undefined || node.allOf !== undefined || out.additionalProperties === false) return out
    isNarrowed ||= out.additionalProperties !== undefined
    return { ...out, additionalProperties: false }
  }

  return { schema: close(schema), isNarrowed }
}
