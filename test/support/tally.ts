/** Counts what a script outside `bun test` has checked, in the same words as the rest. */
export interface Tally {
  /** One check: passes when every claim is true; says which were not, with `evidence` below. */
  readonly check: (name: string, claims: Readonly<Record<string, boolean>>, evidence?: () => string) => void
  /** Prints `N passed, M failed` and ends the process: 0 when something ran and nothing failed, else 1. */
  readonly finish: () => never
}

const EVIDENCE_CHARS_MAX = 4_000

export function openTally(): Tally {
  let passed = 0
  let failed = 0
  return {
    check(name, claims, evidence) {
      const untrue = Object.keys(claims).filter((claim) => claims[claim] !== true)
      if (untrue.length === 0) passed++
      else failed++
      console.log(`${untrue.length === 0 ? '(pass)' : '(FAIL)'} ${name}`)
      for (const claim of untrue) console.log(`       not so: ${claim}`)
      if (untrue.length > 0 && evidence) console.log(evidence().slice(-EVIDENCE_CHARS_MAX))
    },
    finish() {
      console.log(`${passed} passed, ${failed} failed`)
      process.exit(failed === 0 && passed > 0 ? 0 : 1)
    },
  }
}
