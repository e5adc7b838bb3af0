/** True if a parsed JSON value nests objects and arrays deeper than `levels`. Linear in its size, stops at the first. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' && isDeeperThan(item, levels - 1)) return true
    }
    return false
  }
  // Every non-null, non-array object of JSON has string keys and unknown members.
  const members = value as Record<string, unknown>
  for (const key in members) {
    const member = members[key]
    if (typeof member === 'object' && isDeeperThan(member, levels - 1)) return true
  }
  return false
}
