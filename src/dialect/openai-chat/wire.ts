import { ProxyError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/json-object.ts'

export type { Json }

/** The value as an object, or `null` for anything else, arrays included. */
export function tryObject(value: unknown): Json | null {
  return isObject(value) ? value : null
}

/** The object that a text is, or `null` for a text of anything else and for what is no JSON. */
export function tryObjectIn(text: string): Json | null {
  try {
    return tryObject(JSON.parse(text))
  } catch (notJson) {
    if (notJson instanceof SyntaxError) return null
    throw notJson
  }
}

/** The value if it is a non-empty string, else `''`: chat servers use `null`, `''` and absence alike. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Members of `object` that `known` does not name, or `null` if there are none. */
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

/** The client's fault, with the JSON path of what is wrong. */
export function invalid(path: string, wrong: string): ProxyError {
  return new ProxyError('invalid_request', path === '' ? wrong : `${path}: ${wrong}`, { detail: { path } })
}

/** The upstream's fault: an answer that is not of this dialect. */
export function malformed(wrong: string): ProxyError {
  return new ProxyError('upstream_malformed', `the upstream's answer is malformed: ${wrong}`)
}
