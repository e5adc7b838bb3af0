/** One line with a value. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

export interface ParsedFamily {
  readonly name: string
  readonly type: string
  readonly help: string | null
  readonly unit: string | null
  readonly samples: readonly Sample[]
}

type OpenFamily = { name: string; type: string; help: string | null; unit: string | null; samples: Sample[] }

const METRIC_NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

/**
 * Reads an exposition as strictly as the standards allow and throws at the first line that breaks them; Prometheus
 * itself forgives much of what is refused here.
 *
 * @returns the families by name, in order
 */
export function parseExposition(text: string, format: 'text' | 'openmetrics'): Map<string, ParsedFamily> {
  const families = new Map<string, OpenFamily>()
  const seen = new Set<string>()
  let current: OpenFamily | null = null as OpenFamily | null
  for (const [i, line] of linesOf(text, format).entries()) {
    const refuse = (why: string): never => {
      throw new Error(`line ${i + 1}: ${why}: ${line}`)
    }
    if (line.startsWith('#')) {
      const [, keyword = '', name = '', rest = ''] =
        new RegExp(`^# (HELP|TYPE|UNIT) (${METRIC_NAME}) ?(.*)$`, 's').exec(line) ?? refuse('not metadata')
      if (current?.name !== name) {
        if (families.has(name)) refuse('family comes twice or is interleaved')
        current = { name, type: 'untyped', help: null, unit: null, samples: [] }
        families.set(name, current)
      }
      if (current.samples.length > 0) refuse('metadata after samples')
      addMetadata(current, keyword, rest, format, refuse)
      continue
    }
    const sample = parseSample(line, refuse)
    if (current === null || !belongs(sample.name, current, format)) throw refuse('sample outside its family')
    const identity = `${sample.name}|${[...sample.labels].sort().join('|')}`
    if (seen.has(identity)) refuse('series comes twice')
    seen.add(identity)
    current.samples.push(sample)
  }
  for (const family of families.values()) checkFamily(family)
  return families
}

function linesOf(text: string, format: 'text' | 'openmetrics'): string[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  if (lines.includes('')) throw new Error('blank line')
  if (format === 'text') {
    if (lines.includes('# EOF')) throw new Error('# EOF in 0.0.4')
    return lines
  }
  if (lines.pop() !== '# EOF' || lines.includes('# EOF')) throw new Error('# EOF is not the last line')
  return lines
}

function addMetadata(
  family: OpenFamily,
  keyword: string,
  rest: string,
  format: 'text' | 'openmetrics',
  refuse: (why: string) => never,
): void {
  if (keyword === 'HELP') {
    if (family.help !== null) refuse('second HELP')
    if (/(^|[^\\])(\\\\)*\\([^\\n"]|$)/.test(rest)) refuse('unknown escape in HELP')
    if (format === 'openmetrics' && /(^|[^\\])(\\\\)*"/.test(rest)) refuse('bare quote in HELP')
    family.help = rest
  } else if (keyword === 'TYPE') {
    const types = [
      'counter',
      'gauge',
      'histogram',
      'summary',
      ...(format === 'text' ? ['untyped'] : ['info', 'unknown']),
    ]
    if (family.type !== 'untyped') refuse('second TYPE')
    if (!types.includes(rest)) refuse('unknown type')
    family.type = rest
  } else {
    if (format === 'text') refuse('UNIT in 0.0.4')
    if (family.unit !== null) refuse('second UNIT')
    if (!family.name.endsWith(`_${rest}`)) refuse('name does not end in its unit')
    family.unit = rest
  }
}

function parseSample(line: string, refuse: (why: string) => never): Sample {
  const [, name = '', braces = '', written = ''] =
    new RegExp(`^(${METRIC_NAME})(\\{.*\\})? ([^ ]+)$`, 's').exec(line) ?? refuse('not a sample')
  const labels = new Map<string, string>()
  let rest = braces.slice(1, -1)
  while (rest !== '') {
    const [whole = '', label = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest) ?? refuse('bad label')
    if (labels.has(label)) refuse('label comes twice')
    if (label.startsWith('__')) refuse('reserved label')
    labels.set(
      label,
      value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
    )
    rest = rest.slice(whole.length)
  }
  if (!/^([+-]?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|[+-]Inf)$/.test(written)) refuse('not a number')
  return { name, labels, value: Number(written.replace('Inf', 'Infinity')) }
}

function belongs(sample: string, family: OpenFamily, format: 'text' | 'openmetrics'): boolean {
  if (format === 'openmetrics' && family.type === 'counter') return sample === `${family.name}_total`
  if (family.type === 'info') return sample === `${family.name}_info`
  return (SUFFIXES[family.type] ?? ['']).some((suffix) => sample === family.name + suffix)
}

function checkFamily(family: OpenFamily): void {
  if (family.type === 'histogram') checkHistogram(family)
  for (const { name, value } of family.samples) {
    if (family.type === 'counter' && !(value >= 0)) throw new Error(`${name}: a counter is not negative`)
    if (family.type === 'info' && value !== 1) throw new Error(`${name}: an info is 1`)
  }
}

function checkHistogram(family: OpenFamily): void {
  const series = Map.groupBy(family.samples, ({ labels }) =>
    JSON.stringify([...labels].filter(([name]) => name !== 'le')),
  )
  for (const [labels, samples] of series) {
    const buckets = samples.filter(({ name }) => name.endsWith('_bucket'))
    const count = samples.find(({ name }) => name.endsWith('_count'))?.value
    const bounds = buckets.map(({ labels: pairs }) => Number((pairs.get('le') ?? 'none').replace('Inf', 'Infinity')))
    const isAscending = (numbers: number[], isStrict: boolean): boolean =>
      numbers.every((each, i) => i === 0 || each > (numbers[i - 1] ?? 0) || (!isStrict && each === numbers[i - 1]))
    if (!isAscending(bounds, true)) throw new Error(`${family.name}${labels}: bounds do not ascend`)
    if (
      !isAscending(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`${family.name}${labels}: not cumulative`)
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${family.name}${labels}: no +Inf bucket`)
    if (buckets.at(-1)?.value !== count) throw new Error(`${family.name}${labels}: +Inf is not the count`)
    if (!samples.some(({ name }) => name.endsWith('_sum'))) throw new Error(`${family.name}${labels}: no sum`)
  }
}
