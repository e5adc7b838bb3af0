/**
 * Bytes not yet consumed, across chunks. Bytes once handed out as views are never overwritten: a new chunk goes
 * behind them or into a new buffer. Appending is amortised linear, and a chunk that meets no leftover is not copied.
 */
export interface Carry {
  /** All unconsumed bytes, as one view. Offsets into it hold until the next `consume`. */
  bytes(): Uint8Array
  append(chunk: Uint8Array): void
  /** Drops the first `count` bytes. */
  consume(count: number): void
}

const NOTHING: Uint8Array = new Uint8Array(0)

export function openCarry(): Carry {
  let view = NOTHING
  /** Buffer that `view` lies in, with room behind it; `null` while `view` is a chunk of somebody else's. */
  let owned: Uint8Array | null = null

  return {
    bytes: () => view,
    append(chunk) {
      if (view.length === 0) {
        view = chunk
        owned = null
        return
      }
      const start = view.byteOffset
      const length = view.length + chunk.length
      if (owned === null || start + length > owned.length) {
        // A first leftover usually meets its end in the next chunk; only what keeps growing earns spare room.
        const grown: Uint8Array = new Uint8Array(owned === null ? length : 2 * length)
        grown.set(view)
        grown.set(chunk, view.length)
        owned = grown
        view = grown.subarray(0, length)
        return
      }
      owned.set(chunk, start + view.length)
      view = owned.subarray(start, start + length)
    },
    consume(count) {
      view = count === view.length ? NOTHING : view.subarray(count)
    },
  }
}
