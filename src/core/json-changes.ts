/** One difference between two JSON documents, by where it is: `messages.2.content`. */
export type JsonChange =
  | { readonly change: 'added'; readonly path: string; readonly to: unknown }
  | { readonly change: 'removed'; readonly path: string; readonly from: unknown }
  | { readonly change: 'changed'; readonly path: string; readonly from: unknown; readonly to: unknown }

/**
 * What must change in `from` to make it `to`, member by member and item by item, in the order of `from`.
 *
 * @param limit most changes told; beyond it the rest is left out
 */
export function jsonChanges(from: unknown, to: unknown, limit: number): readonly JsonChange[] {
  const changes: JsonChange[] = []
  collect({ from, to, path: '' }, limit, changes)
  return changes
}

interface Pair {
  readonly from: unknown
  readonly to: unknown
  readonly path: string
}

function collect({ from, to, path }: Pair, limit: number, changes: JsonChange[]): void {
  if (changes.length >= limit || Object.is(from, to) || isSameText(from, to)) return
  const before = membersOf(from)
  const after = membersOf(to)
  if (before === null || after === null || Array.isArray(from) !== Array.isArray(to)) {
    changes.push({ change: 'changed', path, from, to })
    return
  }
  for (const [key, value] of before) {
    if (changes.length >= limit) return
    const at = path === '' ? key : `${path}.${key}`
    if (after.has(key)) collect({ from: value, to: after.get(key), path: at }, limit, changes)
    else changes.push({ change: 'removed', path: at, from: value })
  }
  for (const [key, value] of after) {
    if (changes.length >= limit) return
    if (!before.has(key)) changes.push({ change: 'added', path: path === '' ? key : `${path}.${key}`, to: value })
  }
}

/** Of numbers that are kept as they were written. */
function isSameText(one: unknown, other: unknown): boolean {
  return JSON.isRawJSON(one) && JSON.isRawJSON(other) && JSON.stringify(one) === JSON.stringify(other)
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | null {
  return typeof value === 'object' && value !== null && !JSON.isRawJSON(value) ? new Map(Object.entries(value)) : null
}
