import { isObject, type Json } from './json.ts'

/** Where schemas stand inside of one: by name, in a list, or alone. */
const BY_NAME: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
])
const IN_LIST: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'])
const ALONE: ReadonlySet<string> = new Set([
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
])

/**
 * The value of a member of a JSON Schema, with every schema that stands in it replaced; the same value if none is another.
 * Not below those: `replace` goes on by itself.
 */
export function mapSchemas(key: string, value: unknown, replace: (schema: Json) => Json): unknown {
  const replaced = (one: unknown): unknown => (isObject(one) && !JSON.isRawJSON(one) ? replace(one) : one)
  if (Array.isArray(value)) {
    if (!IN_LIST.has(key)) return value
    const list: readonly unknown[] = value.map(replaced)
    return list.every((one, i) => one === value[i]) ? value : list
  }
  if (!BY_NAME.has(key)) return ALONE.has(key) ? replaced(value) : value
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, one]) => [name, replaced(one)] as const)
  return entries.every(([name, one]) => one === value[name]) ? value : Object.fromEntries(entries)
}
