import type { Declaration, Family, Registry } from './registry.ts'

/**
 * How a series of several processes becomes one: `total` adds and outlives its process; `sum` adds while the processes
 * live; `max` takes the largest.
 */
export type MergeRule = 'total' | 'sum' | 'max'

/** What each number of a registry's values belongs to, by name: processes may be configured differently for a while. */
export interface Layout {
  readonly keys: readonly string[]
  readonly rules: readonly MergeRule[]
}

/** The numbers of one process. */
export interface Report {
  readonly layout: Layout
  readonly values: Float64Array
}

/** Series by name, summed up. */
export type Merged = ReadonlyMap<string, number>

export function layoutOf({ families }: Registry): Layout {
  const keys: string[] = []
  const rules: MergeRule[] = []
  const place = (key: string, rule: MergeRule): void => {
    keys.push(key)
    rules.push(rule)
  }
  for (const family of families) {
    const rule = ruleOf(family)
    const series = seriesKeys(family.declaration)
    if (family.kind !== 'histogram') {
      for (const key of series) place(key, rule)
      continue
    }
    for (const key of series) for (let bucket = 0; bucket < family.buckets; bucket++) place(`${key} ${bucket}`, rule)
    for (const key of series) place(`${key} sum`, rule)
  }
  return { keys, rules }
}

/** The values as they are now, in the order of the layout. */
export function valuesOf({ families }: Registry): Float64Array {
  const arrays = families.flatMap(arraysOf)
  const values = new Float64Array(arrays.reduce((length, array) => length + array.length, 0))
  let at = 0
  for (const array of arrays) {
    values.set(array, at)
    at += array.length
  }
  return values
}

/** Makes a registry show these values, which are in the order of its own layout. */
export function loadValues({ families }: Registry, values: Float64Array): void {
  let at = 0
  for (const family of families) {
    for (const array of arraysOf(family)) {
      array.set(values.subarray(at, at + array.length))
      at += array.length
    }
    if (family.declaration.merge === 'worst') keepWorst(family)
  }
}

/** Adds up what the processes report, on top of what those left that are gone. */
export function mergeReports(reports: readonly Report[], left: Merged): Merged {
  const merged = new Map(left)
  for (const { layout, values } of reports) {
    for (const [i, key] of layout.keys.entries()) {
      const value = values[i] ?? 0
      const sum = merged.get(key)
      if (sum === undefined) merged.set(key, value)
      else merged.set(key, layout.rules[i] === 'max' ? Math.max(sum, value) : sum + value)
    }
  }
  return merged
}

/** What a process leaves when it is gone: what it has counted still happened. */
export function leave(left: Map<string, number>, { layout, values }: Report): void {
  for (const [i, key] of layout.keys.entries()) {
    if (layout.rules[i] === 'total') left.set(key, (left.get(key) ?? 0) + (values[i] ?? 0))
  }
}

/** The merged numbers in the order of a layout; what nobody has reported is 0. */
export function inOrderOf({ keys }: Layout, merged: Merged): Float64Array {
  return Float64Array.from(keys, (key) => merged.get(key) ?? 0)
}

function ruleOf({ kind, declaration }: Family): MergeRule {
  if (kind === 'counter' || kind === 'histogram') return 'total'
  return kind === 'info' || declaration.merge === 'worst' ? 'max' : (declaration.merge ?? 'sum')
}

function arraysOf(family: Family): Float64Array[] {
  return family.kind === 'histogram' ? [family.counts, family.sums] : [family.values]
}

function seriesKeys({ name, labels = [] }: Declaration): string[] {
  return labels.reduce<string[]>(
    (keys, label) =>
      keys.flatMap((key) => label.values.map((value) => `${key} ${label.name}=${JSON.stringify(value)}`)),
    [name],
  )
}

/** Several processes may be in several states: of the states of one thing, which stand from best to worst, the last counts. */
function keepWorst({ declaration, ...family }: Family): void {
  const states = declaration.labels?.at(-1)?.values.length ?? 1
  if (!('values' in family)) return
  for (let at = 0; at < family.values.length; at += states) {
    const worst = family.values.subarray(at, at + states).findLastIndex((value) => value > 0)
    for (let state = 0; state < states; state++) family.values[at + state] = state === worst ? 1 : 0
  }
}
