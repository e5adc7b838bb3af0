import type { Json } from '../../core/json.ts'

/** The members that are not in `modelled`, or `undefined` if there are none: what becomes `opaque`. */
export function rest(wire: Json, modelled: ReadonlySet<string>): Json | undefined {
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
