/** The last `limit` things, the oldest first. */
export class Ring<T> {
  readonly #limit: number
  readonly #items: T[] = []
  #start = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(item: T): void {
    if (this.#items.length < this.#limit) {
      this.#items.push(item)
      return
    }
    this.#items[this.#start] = item
    this.#start = (this.#start + 1) % this.#limit
  }

  toArray(): T[] {
    return [...this.#items.slice(this.#start), ...this.#items.slice(0, this.#start)]
  }
}
