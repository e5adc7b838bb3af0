const NAMES_SHOWN_MAX = 3

/** Names whose edits are counted, which costs a tenth of a millisecond each: vendors list hundreds, and anybody may ask. */
const COMPARED_MAX = 48
const COMPARED_CHARS_MAX = 64

/**
 * The known names nearest to a mistyped one, best first, at most three: those within a third of its length in edits
 * (one in a name of up to four characters, two in others that are short), or that contain it, or are contained. Of many
 * names those are compared that begin and end most like it.
 */
export function nearNames(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase().slice(0, COMPARED_CHARS_MAX)
  const editsMax = wanted.length <= 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3))
  return alike(wanted, known)
    .map((candidate) => ({ candidate, edits: distance(wanted, candidate.toLowerCase().slice(0, COMPARED_CHARS_MAX)) }))
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

/** Those that may be nearest. */
function alike(wanted: string, known: readonly string[]): readonly string[] {
  if (known.length <= COMPARED_MAX) return known
  return known
    .map((candidate) => ({ candidate, likeness: likeness(wanted, candidate.toLowerCase()) }))
    .sort((one, two) => two.likeness - one.likeness)
    .slice(0, COMPARED_MAX)
    .map(({ candidate }) => candidate)
}

/** Characters at both ends that are the same, less what one is longer; of a name within another all of them are. */
function likeness(one: string, two: string): number {
  const [shorter, longer] = [Math.min(one.length, two.length), Math.max(one.length, two.length)]
  if (overlaps(one, two)) return shorter * 2 - longer + COMPARED_CHARS_MAX
  let front = 0
  while (front < shorter && one[front] === two[front]) front++
  let back = 0
  while (back < shorter - front && one.at(-1 - back) === two.at(-1 - back)) back++
  return front + back + shorter - longer
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
