const NAMES_SHOWN_MAX = 3

/**
 * The known names nearest to a mistyped one, best first, at most three: those within a third of its length in edits
 * (one in a name of up to four characters, two in others that are short), or that contain it, or are contained.
 */
export function nearNames(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase().slice(0, 64)
  const editsMax = wanted.length <= 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))
  return known
    .map((candidate) => ({ candidate, edits: distance(wanted, candidate.toLowerCase().slice(0, 64)) }))
    .filter(({ candidate, edits }) => edits <= editsMax || overlaps(wanted, candidate.toLowerCase()))
    .sort((one, two) => one.edits - two.edits)
    .slice(0, NAMES_SHOWN_MAX)
    .map(({ candidate }) => candidate)
}

/** Some names to choose from, one at least: `a, b or c`. */
export function choiceOf(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed()
  return others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`
}

function overlaps(wanted: string, candidate: string): boolean {
  return wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))
}

/** Edits between two words: insert, delete, replace, swap neighbours (optimal string alignment), three rows at a time. */
function distance(one: string, two: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: two.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let k = 1; k <= two.length; k++) {
      const replace = (last[k - 1] ?? 0) + (one[i - 1] === two[k - 1] ? 0 : 1)
      const isSwap = one[i - 1] === two[k - 2] && one[i - 2] === two[k - 1]
      const swap = isSwap ? (beforeLast[k - 2] ?? 0) + 1 : replace
      row[k] = Math.min(replace, swap, (last[k] ?? 0) + 1, (row[k - 1] ?? 0) + 1)
    }
    beforeLast = last
    last = row
  }
  return last[two.length] ?? 0
}
