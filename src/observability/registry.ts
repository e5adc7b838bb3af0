import { assert } from '../core/assert.ts'
import type { LabelSet } from './label-set.ts'

/** What a family of series is called and means. `name` is the exposed one: counters end in `_total`. */
export interface Declaration {
  readonly name: string
  /** One sentence for an operator; becomes HELP and a row of `docs/metrics.md`. */
  readonly help: string
  readonly unit?: 'seconds' | 'bytes'
  /** `micro`: recorded as integers of 10⁻⁶, exposed in the base unit; a sum of integers is exact. */
  readonly scale?: 'micro'
  /** Told by the snapshot and added up over processes, but not exposed: it would be too many lines. */
  readonly isInternal?: true
  /** At most two; their product is the number of series. */
  readonly labels?: readonly LabelSet[]
  /**
   * Of gauges, how those of several workers become one: the sum if absent; `worst`: the last label's values stand from
   * best to worst, one of them is 1, and the worst of all workers counts.
   */
  readonly merge?: 'sum' | 'max' | 'worst'
  /** Labels with one value for every series of the family. */
  readonly constant?: Readonly<Record<string, string>>
}

export type Family = Counter | Gauge | Histogram

/** Only ever grows. Values are doubles, so integers add up exactly to 2⁵³. */
export class Counter {
  readonly kind = 'counter'
  readonly values: Float64Array
  readonly #stride: number

  constructor(readonly declaration: Declaration) {
    this.values = new Float64Array(seriesOf(declaration))
    this.#stride = strideOf(declaration)
  }

  /** Adds to the series of these label indices. What is not a positive number changes nothing. */
  add(amount: number, first = 0, second = 0): void {
    const slot = first * this.#stride + second
    if (amount > 0) this.values[slot] = (this.values[slot] ?? 0) + amount
  }

  get(first = 0, second = 0): number {
    return this.values[first * this.#stride + second] ?? 0
  }

  /** Sum over all series. */
  total(): number {
    return this.values.reduce((sum, value) => sum + value, 0)
  }
}

/** Goes up and down. `info` is a gauge of value 1 whose labels carry text. */
export class Gauge {
  readonly kind: 'gauge' | 'info'
  readonly values: Float64Array
  readonly #stride: number

  constructor(
    readonly declaration: Declaration,
    kind: 'gauge' | 'info' = 'gauge',
  ) {
    this.kind = kind
    this.values = new Float64Array(seriesOf(declaration)).fill(kind === 'info' ? 1 : 0)
    this.#stride = strideOf(declaration)
  }

  set(value: number, first = 0, second = 0): void {
    this.values[first * this.#stride + second] = value
  }

  get(first = 0, second = 0): number {
    return this.values[first * this.#stride + second] ?? 0
  }

  add(amount: number, first = 0, second = 0): void {
    const slot = first * this.#stride + second
    this.values[slot] = (this.values[slot] ?? 0) + amount
  }
}

/** Counts observations into buckets; not cumulative inside, so that an observation touches one bucket. */
export class Histogram {
  readonly kind = 'histogram'
  /** Per series: one count per bound, and one for what is above the last. */
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly buckets: number
  readonly #stride: number

  /** @param bounds upper bounds in the base unit, ascending, each inclusive */
  constructor(
    readonly declaration: Declaration,
    readonly bounds: readonly number[],
  ) {
    const series = seriesOf(declaration)
    this.buckets = bounds.length + 1
    this.counts = new Float64Array(series * this.buckets)
    this.sums = new Float64Array(series)
    this.#stride = strideOf(declaration)
  }

  /** Observes a value in the base unit. What is not a number ≥ 0 changes nothing. */
  observe(value: number, first = 0, second = 0): void {
    if (!(value >= 0)) return
    const slot = first * this.#stride + second
    let bucket = 0
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket++
    const place = slot * this.buckets + bucket
    this.counts[place] = (this.counts[place] ?? 0) + 1
    this.sums[slot] = (this.sums[slot] ?? 0) + value
  }

  /** Observations of one series. */
  count(slot: number): number {
    let count = 0
    for (let bucket = 0; bucket < this.buckets; bucket++) count += this.counts[slot * this.buckets + bucket] ?? 0
    return count
  }
}

/** All families of one process, in the order in which they are exposed. */
export interface Registry {
  readonly families: readonly Family[]
  /** Those that an exposition has. */
  readonly exposed: readonly Family[]
  counter(declaration: Declaration): Counter
  gauge(declaration: Declaration): Gauge
  info(declaration: Declaration): Gauge
  histogram(declaration: Declaration, bounds: readonly number[]): Histogram
  /** Lines with a value that an exposition has now and ever will have. */
  seriesCount(): number
}

export function createRegistry(): Registry {
  const families: Family[] = []
  const names = new Set<string>()

  function register<F extends Family>(family: F): F {
    const { name } = family.declaration
    assert(/^[a-z][a-z0-9_]*$/.test(name) && !names.has(name), `metric ${name} has a legal name and is declared once`)
    assert((family.kind === 'counter') === name.endsWith('_total'), `counters, and only they, end in _total: ${name}`)
    names.add(name)
    families.push(family)
    return family
  }

  return {
    families,
    get exposed() {
      return families.filter(({ declaration }) => declaration.isInternal !== true)
    },
    counter: (declaration) => register(new Counter(declaration)),
    gauge: (declaration) => register(new Gauge(declaration)),
    info: (declaration) => register(new Gauge(declaration, 'info')),
    histogram: (declaration, bounds) => register(new Histogram(declaration, bounds)),
    seriesCount() {
      return this.exposed.reduce((sum, family) => sum + linesOf(family), 0)
    },
  }
}

function linesOf(family: Family): number {
  return family.kind === 'histogram' ? family.sums.length * (family.buckets + 2) : family.values.length
}

function seriesOf({ labels = [] }: Declaration): number {
  assert(labels.length <= 2, 'a family has at most two labels')
  return labels.reduce((product, label) => product * label.values.length, 1)
}

function strideOf({ labels = [] }: Declaration): number {
  return labels[1]?.values.length ?? 1
}
