import { isMet, type Section, showTable, showTarget } from '../support/section.ts'

/** One run of the benchmark. */
export interface Results {
  readonly run: Readonly<Record<string, string | number | boolean>>
  readonly sections: readonly Section[]
  /** Sections that did not come to their end, and why. */
  readonly missing: readonly string[]
}

/** Two runs on one machine differ by less than this; on two machines nothing can be said. */
const BAND = 1.3

/** `bench/RESULTS.md`: what was measured where, in tables, and each target met or missed. */
export function resultsPage({ run, sections, missing }: Results): string {
  const targets = sections.flatMap((section) => section.targets)
  return `# Results

Written by \`bun bench\`; medians, with the least and the most in parentheses. "bare" is a proxy of thirty lines on
\`Bun.serve\` and \`fetch\` with one \`JSON.parse\`: \`bench/peers/bare-proxy.ts\`.

${Object.entries(run)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}

![CPU per request against the bare proxy](results.svg)

${sections.map(({ title, columns, rows }) => `## ${title}\n\n${showTable(columns, rows)}`).join('\n\n')}

## Targets: ${targets.filter(isMet).length} of ${targets.length} met

${targets.map((target) => `    ${showTarget(target)}`).join('\n')}
${missing.length === 0 ? '' : `\n## Not measured\n\n${missing.map((one) => `- ${one}`).join('\n')}\n`}`
}

interface Told {
  readonly sections: readonly { readonly targets: readonly { readonly what: string; readonly measured: number }[] }[]
}

/** Targets whose figure is much worse than it was, in words. */
export function regressions(before: Told, { sections }: Results): readonly string[] {
  const known = new Map(before.sections.flatMap(({ targets }) => targets).map(({ what, measured }) => [what, measured]))
  return sections
    .flatMap(({ targets }) => targets)
    .flatMap(({ what, measured, unit }) => {
      const was = known.get(what)
      if (was === undefined || measured <= was * BAND) return []
      return [`${what}: ${measured.toPrecision(3)} ${unit}, was ${was.toPrecision(3)}`]
    })
}
