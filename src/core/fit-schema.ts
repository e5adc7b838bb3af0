import { inlineRefs } from './inline-refs.ts'
import type { Json } from './json.ts'
import { mapSchemas } from './map-schemas.ts'

/** How much of JSON Schema a server takes in a tool, if not all. Absent members change nothing. */
export interface SchemaProfile {
  /** References are written out, for the server follows none. */
  readonly inlineRefs?: boolean | undefined
  /** `const` becomes an `enum` of one. */
  readonly constAsEnum?: boolean | undefined
  /** Keywords that are left out wherever they stand. */
  readonly without?: readonly string[] | undefined
  /** Values of `format` that it knows; others are left out. */
  readonly formats?: readonly string[] | undefined
  /** OpenAI's dialects: an array without `items` stays so. Others get empty `items`, which this server takes for objects. */
  readonly openLists?: boolean | undefined
}

export interface FittedSchema {
  readonly schema: Json
  /** `tools.recursion`: a definition of itself was cut; `tools.schema`: the model is told less than the client wrote. */
  readonly lost: readonly ('tools.recursion' | 'tools.schema')[]
}

const NOTHING: readonly never[] = Object.freeze([])

/** Keywords whose loss is not told: a model does nothing wrong without them. */
const IDLE = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
])

/** A tool's schema as the server takes it; the same object where nothing has to change. Linear in what is written. */
export function fitSchema(schema: Json, profile: SchemaProfile | undefined): FittedSchema {
  if (profile === undefined) return { schema, lost: NOTHING }
  const lost = new Set<FittedSchema['lost'][number]>()
  const inlined = profile.inlineRefs === true ? inlineRefs(schema) : null
  if (inlined?.isCut === true) lost.add('tools.recursion')
  const written = inlined?.schema ?? schema
  const { constAsEnum, formats, without = NOTHING } = profile
  const isWhole = constAsEnum !== true && formats === undefined && without.length === 0
  return { schema: isWhole ? written : fit(written), lost: [...lost] }

  function fit(node: Json): Json {
    const out: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(node)) {
      const isRefused = without.includes(key) || (key === 'format' && formats?.includes(String(value)) === false)
      if (isRefused) {
        if (!IDLE.has(key)) lost.add('tools.schema')
      } else if (key === 'const' && constAsEnum === true) out.enum = [value]
      else out[key] = mapSchemas(key, value, fit)
    }
    return out
  }
}
