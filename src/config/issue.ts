/** One thing that is wrong with the configuration. All of them are reported together. */
export interface ConfigIssue {
  /** Where: an environment name, or the file with line and path. */
  readonly place: string
  /** What is wrong, and what would be right. */
  readonly message: string
}

/** What is wrong beside the file or with the whole of it first, then from its top to its bottom. */
export function fromTopToBottom(issues: readonly ConfigIssue[], file: string | null): readonly ConfigIssue[] {
  const lineOf = ({ place }: ConfigIssue): number =>
    place.startsWith(`${file}:`) ? Number.parseInt(place.slice(`${file}:`.length), 10) : 0
  return issues.toSorted((one, other) => lineOf(one) - lineOf(other))
}

/** The issues as lines for a person at a terminal. */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  const lines = issues.map(({ place, message }) => `  ${place}: ${message}`)
  return `lynkr cannot start with this configuration:\n${lines.join('\n')}\n`
}
