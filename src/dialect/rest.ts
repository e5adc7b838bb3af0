import { type Json, tryObject } from '../core/json.ts'

/** Members of `object` that `known` does not name, or `null` if there are none: one that is `null` says nothing. */
export function restOf(object: Json, known: ReadonlySet<string>): Record<string, unknown> | null {
  let rest: Record<string, unknown> | null = null
  for (const key in object) {
    if (known.has(key) || object[key] === null || object[key] === undefined) continue
    rest ??= {}
    rest[key] = object[key]
  }
  return rest
}

/**
 * What an object says beside `known`, under the name of the member that it stands in, so that its loss can be named;
 * nothing if it says no more, or is none.
 */
export function restAt(name: string, value: unknown, known: ReadonlySet<string>): Json {
  const object = tryObject(value)
  const rest = object === null ? null : restOf(object, known)
  return rest === null ? NOTHING : { [name]: rest }
}

const NOTHING: Json = Object.freeze({})
