/** One thing that is wrong with the configuration. All of them are reported together. */
export interface ConfigIssue {
  /** Where: an environment name, or the file with line and path. */
  readonly place: string
  /** What is wrong, and what would be right. */
  readonly message: string
}

/** The issues as lines for a person at a terminal. */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  const lines = issues.map(({ place, message }) => `  ${place}: ${message}`)
  return `lynkr cannot start with this configuration:\n${lines.join('\n')}\n`
}
