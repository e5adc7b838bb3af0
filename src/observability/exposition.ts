import type { ExpositionFormat } from './negotiate.ts'
import type { Declaration, Family, Histogram, Registry } from './registry.ts'

/** Turns the registry into text. Names and labels are written once, at construction; a scrape only adds the numbers. */
export interface Exposition {
  /**
   * @returns text 0.0.4 or OpenMetrics 1.0, ending in a newline
   * @see https://prometheus.io/docs/instrumenting/exposition_formats/ and the OpenMetrics 1.0 specification
   */
  render(format: ExpositionFormat): string
}

/** @param registry complete: a family declared later is not seen */
export function createExposition(registry: Registry): Exposition {
  const parts = registry.exposed.map(compile)
  return {
    render(format) {
      let text = ''
      for (const part of parts) text += part.head[format] + part.samples()
      return format === 'openmetrics' ? `${text}# EOF\n` : text
    },
  }
}

interface FamilyText {
  readonly head: Readonly<Record<ExpositionFormat, string>>
  samples(): string
}

function compile(family: Family): FamilyText {
  const head = { text: textHead(family), openmetrics: openMetricsHead(family) }
  if (family.kind === 'histogram') return { head, samples: histogramSamples(family) }
  const { name, scale } = family.declaration
  const starts = labelSets(family.declaration).map((labels) => `${name}${braces(labels)} `)
  const format = scale === 'micro' ? formatMicro : formatValue
  return {
    head,
    samples() {
      let text = ''
      for (let i = 0; i < starts.length; i++) text += `${starts[i]}${format(family.values[i] ?? 0)}\n`
      return text
    },
  }
}

function histogramSamples(family: Histogram): () => string {
  const { name } = family.declaration
  const bounds = [...family.bounds.map(canonicalFloat), '+Inf']
  const series = labelSets(family.declaration).map((labels) => ({
    buckets: bounds.map((bound) => `${name}_bucket${braces([...labels, `le="${bound}"`])} `),
    sum: `${name}_sum${braces(labels)} `,
    count: `${name}_count${braces(labels)} `,
  }))
  return () => {
    let text = ''
    for (let slot = 0; slot < series.length; slot++) {
      const lines = series[slot]
      if (lines === undefined) continue
      let total = 0
      for (let bucket = 0; bucket < family.buckets; bucket++) {
        total += family.counts[slot * family.buckets + bucket] ?? 0
        text += `${lines.buckets[bucket]}${total}\n`
      }
      text += `${lines.sum}${formatValue(family.sums[slot] ?? 0)}\n${lines.count}${total}\n`
    }
    return text
  }
}

/** In 0.0.4 the metadata carry the name of the samples; it has no info type. */
function textHead({ kind, declaration: { name, help } }: Family): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind === 'info' ? 'gauge' : kind}\n`
}

/** In OpenMetrics they carry the family's name, without the suffix of its samples. */
function openMetricsHead({ kind, declaration: { name, help, unit } }: Family): string {
  const family = kind === 'counter' ? name.slice(0, -'_total'.length) : name.replace(/_info$/, '')
  const unitLine = unit !== undefined && family.endsWith(`_${unit}`) ? `# UNIT ${family} ${unit}\n` : ''
  return `# TYPE ${family} ${kind}\n${unitLine}# HELP ${family} ${escapeHelp(help).replaceAll('"', '\\"')}\n`
}

/** Label pairs of each series, in the order of the slots. */
function labelSets({ labels = [], constant = {} }: Declaration): string[][] {
  const fixed = Object.entries(constant).map(([name, value]) => pair(name, value))
  return labels.reduce<string[][]>(
    (sets, label) => sets.flatMap((set) => label.values.map((value) => [...set, pair(label.name, value)])),
    [fixed],
  )
}

function pair(name: string, value: string): string {
  const escaped = value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `${name}="${escaped}"`
}

function braces(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** OpenMetrics wants `1.0`; 0.0.4 takes it too, and one spelling keeps a series the same in both formats. */
function canonicalFloat(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** Integer micro-units as an exact decimal: 3015 is 0.003015. */
function formatMicro(micro: number): string {
  if (micro === 0) return '0'
  if (micro < 0) return `-${formatMicro(-micro)}`
  const digits = `${micro}`.padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}
