/** The label value of everything that is not in a closed set. */
export const OTHER = 'other'

/**
 * The closed set of values of one label: fixed when lynkr starts, so that no client can make a new series.
 * Empty and repeated values are left out; values past `limit` share `other`, as does every unknown one.
 */
export class LabelSet {
  readonly name: string
  readonly values: readonly string[]
  readonly #indices: ReadonlyMap<string, number>
  readonly #unknown: number
  #lastValue: string | null = null
  #lastIndex: number

  /** @param isOpen true adds `other`; false is for sets that code fixes, where an unknown value is a type error */
  constructor(name: string, values: readonly string[], options: { isOpen: boolean; limit?: number }) {
    const named = [...new Set(values)].filter((value) => value !== '' && value !== OTHER).slice(0, options.limit)
    this.name = name
    this.values = options.isOpen ? [...named, OTHER] : named
    this.#indices = new Map(this.values.map((value, index) => [value, index]))
    this.#unknown = this.values.length - 1
    this.#lastIndex = this.#unknown
  }

  /** Place of the value; unknown and `null` are the last one. The latest answer is remembered: traffic repeats itself. */
  indexOf(value: string | null): number {
    if (value === this.#lastValue) return this.#lastIndex
    const index = value === null ? this.#unknown : (this.#indices.get(value) ?? this.#unknown)
    this.#lastValue = value
    this.#lastIndex = index
    return index
  }

  /** True if the set names the value itself, not only as `other`. */
  has(value: string): boolean {
    return this.#indices.has(value)
  }
}
