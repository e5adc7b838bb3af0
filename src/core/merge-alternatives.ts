import { lookUp } from './inline-refs.ts'
import { isObject, type Json } from './json.ts'

/** Alternatives that are looked at, those within others and behind references included; more of them are anything. */
const PARTS_MAX = 200

export interface Merged {
  readonly schema: Json
  /** The alternatives, where they were more than one: the schema alone no longer tells them. */
  readonly alternatives: readonly unknown[]
}

/**
 * An object's schema without `anyOf`, `oneOf` and `allOf` at its top, which several servers refuse there: one object
 * with the members of all. What every alternative requires stays required. The same object where it has none of them.
 */
export function mergeAlternatives(root: Json): Merged {
  if (!hasAlternatives(root)) return { schema: root, alternatives: NOTHING }
  const alternatives = [...listAt(root, 'anyOf'), ...listAt(root, 'oneOf')]
  let partsLeft = PARTS_MAX
  return { schema: merge(root), alternatives: alternatives.length > 1 ? alternatives : NOTHING }

  function merge(schema: Json): Json {
    const { anyOf: _any, oneOf: _one, allOf: _all, ...own } = schema
    const choices = [partsOf(schema, 'anyOf'), partsOf(schema, 'oneOf')].filter((parts) => parts.length > 0)
    const wholes = partsOf(schema, 'allOf')
    const properties = joined('allOf', [
      propertiesOf(own),
      ...wholes.map(propertiesOf),
      ...choices.map((parts) => joined('anyOf', parts.map(propertiesOf))),
    ])
    const required = new Set([
      ...listAt(own, 'required'),
      ...wholes.flatMap((part) => listAt(part, 'required')),
      ...choices.flatMap(requiredByAll),
    ])
    const isClosed = wholes.length === 0 && choices.length > 0 && choices.flat().every(isClosedObject)
    return {
      ...(isClosed && { additionalProperties: false }),
      ...own,
      type: 'object',
      properties,
      ...(required.size > 0 && { required: [...required] }),
    }
  }

  /** The parts of a list of alternatives, each without alternatives of its own. */
  function partsOf(schema: Json, key: string): readonly Json[] {
    const list = listAt(schema, key).slice(0, partsLeft)
    partsLeft -= list.length
    return list.map((value) => {
      const part = isObject(value) ? value : {}
      const named = typeof part.$ref === 'string' ? lookUp(root, part.$ref) : undefined
      const whole = isObject(named) ? { ...named, ...part } : part
      return hasAlternatives(whole) ? merge(whole) : whole
    })
  }
}

const NOTHING: readonly never[] = Object.freeze([])

function hasAlternatives({ anyOf, oneOf, allOf }: Json): boolean {
  return anyOf !== undefined || oneOf !== undefined || allOf !== undefined
}

/** Members of several objects in one; where they say different things of the same member, these stand under `key`. */
function joined(key: 'anyOf' | 'allOf', objects: readonly Json[]): Json {
  const said = new Map<string, Set<unknown>>()
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) said.set(name, (said.get(name) ?? new Set()).add(value))
  }
  return Object.fromEntries(Array.from(said, ([name, values]) => [name, joinedForms(key, values)]))
}

/** Each form once, however often it was written. */
function joinedForms(key: 'anyOf' | 'allOf', values: ReadonlySet<unknown>): unknown {
  const [only] = values
  if (values.size === 1) return only
  const forms = [...new Map(Array.from(values, (value) => [JSON.stringify(value), value])).values()]
  return forms.length === 1 ? only : { [key]: forms }
}

function requiredByAll(parts: readonly Json[]): readonly unknown[] {
  const [first = NOTHING, ...others] = parts.map((part) => listAt(part, 'required'))
  return first.filter((name) => others.every((names) => names.includes(name)))
}

function isClosedObject(part: Json): boolean {
  return part.additionalProperties === false
}

function propertiesOf({ properties }: Json): Json {
  return isObject(properties) ? properties : {}
}

function listAt(schema: Json, key: string): readonly unknown[] {
  const value = schema[key]
  return Array.isArray(value) ? value : NOTHING
}
