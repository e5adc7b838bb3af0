import { isObject, type Json } from '../../core/json-object.ts'

/** A JSON object off the wire, its members unproven. */
export type Wire = Json

/** The value as an object, or `null` for anything else, arrays included. */
export function asWire(value: unknown): Wire | null {
  return isObject(value) ? value : null
}

/** The value if it is a string, else `''`. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The members that are not in `modelled`, or `undefined` if there are none: what becomes `opaque`. */
export function rest(wire: Wire, modelled: ReadonlySet<string>): Wire | undefined {
  let others: Record<string, unknown> | undefined
  for (const key in wire) {
    if (modelled.has(key)) continue
    others ??= {}
    // A plain assignment to `__proto__` would change the prototype instead of carrying the member.
    if (key === '__proto__') Object.defineProperty(others, key, { value: wire[key], enumerable: true })
    else others[key] = wire[key]
  }
  return others
}
