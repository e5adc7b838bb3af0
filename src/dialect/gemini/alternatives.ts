import { type Json, listOf, tryObject } from '../../core/json.ts'

/** A schema as Gemini takes it; narrowed where the model is told less than the client wrote. */
export interface Settled {
  readonly schema: Json
  readonly isNarrowed: boolean
}

/**
 * A converted schema whose alternatives stand alone, as Vertex insists: what is said beside `anyOf` is said in each of
 * them, those of an alternative stand beside it, `null` among them is a value that may be absent, and of one that is
 * left no choice is left either. Where the schema has a type of its own, alternatives only add to it and are left out.
 *
 * @param converted its alternatives were settled before
 */
export function settleAlternatives(converted: Json): Settled {
  const { anyOf, ...beside } = converted
  if (!Array.isArray(anyOf)) return { schema: converted, isNarrowed: false }
  const all = anyOf.map((one) => tryObject(one) ?? {})
  const forms = all.filter(hasForm)
  const isNullable = all.some(({ type, nullable }) => type === 'null' || nullable === true)
  const absent = isNullable && { nullable: true }
  if (beside.type !== undefined) {
    const isNarrowed = forms.some((one) => Object.keys(one).some((key) => one[key] !== beside[key]))
    return { schema: { ...beside, ...absent }, isNarrowed }
  }
  const [only] = forms
  if (only === undefined) return { schema: { ...beside, ...absent }, isNarrowed: all.length > 0 && !isNullable }
  if (forms.length === 1) return settleAlternatives({ ...only, ...beside, ...absent })
  const { title: _, description, nullable, ...lost } = beside
  const isAbsent = nullable === true || all.some(({ type }) => type === 'null')
  return {
    schema: { anyOf: forms.flatMap(formsOf).map((one) => saying(one, description, isAbsent)) },
    isNarrowed: Object.keys(lost).length > 0,
  }
}

/** Alternatives of an alternative are as good as ones beside it. */
function formsOf(settled: Json): readonly Json[] {
  return Array.isArray(settled.anyOf) ? settled.anyOf.map((one) => tryObject(one) ?? {}) : [settled]
}

/** The same object where it says all that already: chains of alternatives come by here once for each link. */
function saying(form: Json, description: unknown, isAbsent: boolean): Json {
  const isTold = description === undefined || form.description !== undefined
  if (isTold && (!isAbsent || form.nullable === true)) return form
  return { ...(description !== undefined && { description }), ...form, ...(isAbsent && { nullable: true }) }
}

/** Says what a value is; bounds alone, or `null`, do not. */
function hasForm(schema: Json): boolean {
  const { type, anyOf, enum: values, properties } = schema
  return (
    type !== 'null' &&
    (type !== undefined || listOf(anyOf).length + listOf(values).length > 0 || properties !== undefined)
  )
}
