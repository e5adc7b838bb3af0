/** What a name matched: the key, its value, and what the key's `*` stood for (`''` for an exact name). */
export interface Match<Value> {
  readonly pattern: string
  readonly value: Value
  readonly rest: string
}

export interface Patterns<Value> {
  find(name: string): Match<Value> | null
}

/**
 * Looks names up in a table whose keys are exact or end in `*`. An exact key wins, then the longest prefix.
 * O(1) for exact names, O(patterns) for others.
 */
export function openPatterns<Value>(table: Readonly<Record<string, Value>>): Patterns<Value> {
  const exact = new Map<string, Value>()
  const prefixes: { prefix: string; value: Value }[] = []
  for (const [key, value] of Object.entries(table)) {
    if (key.endsWith('*')) prefixes.push({ prefix: key.slice(0, -1), value })
    else exact.set(key, value)
  }
  prefixes.sort((one, two) => two.prefix.length - one.prefix.length)
  return {
    find(name) {
      const value = exact.get(name)
      if (value !== undefined) return { pattern: name, value, rest: '' }
      const match = prefixes.find(({ prefix }) => name.startsWith(prefix))
      if (match === undefined) return null
      return { pattern: `${match.prefix}*`, value: match.value, rest: name.slice(match.prefix.length) }
    },
  }
}

/** True if a name is the pattern, or begins as a pattern that ends in `*` does. */
export function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
