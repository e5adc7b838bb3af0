const LF = 0x0a
const CR = 0x0d

/**
 * Finds the ends of lines (LF, CR or CRLF) by native search, remembering how far it has looked for each, so that
 * a line that arrives in many pieces is searched once.
 */
export interface LineEnds {
  /** Offset of the first line end at or behind `from`, or −1. `from` never goes back. */
  next(bytes: Uint8Array, from: number): number
  /** Offset of the line behind the line end at `at`. */
  after(bytes: Uint8Array, at: number): number
  /** True for a CR as the very last byte: half a CRLF, or not. */
  isOpenCr(bytes: Uint8Array, at: number): boolean
  /** The first `count` bytes were dropped: every offset moves. */
  shift(count: number): void
}

export function openLineEnds(): LineEnds {
  const lf = openSearch(LF)
  const cr = openSearch(CR)
  return {
    next(bytes, from) {
      const lfAt = lf.next(bytes, from)
      const crAt = cr.next(bytes, from)
      if (crAt === -1) return lfAt
      return lfAt === -1 || crAt < lfAt ? crAt : lfAt
    },
    after: (bytes, at) => (bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1),
    isOpenCr: (bytes, at) => bytes[at] === CR && at + 1 === bytes.length,
    shift(count) {
      lf.shift(count)
      cr.shift(count)
    },
  }
}

/** Remembers the next occurrence, or that there was none up to `searchedTo`. */
function openSearch(byte: number) {
  let found = -1
  let searchedTo = 0
  return {
    next(bytes: Uint8Array, from: number): number {
      if (found >= from) return found
      const start = Math.max(from, searchedTo)
      if (start >= bytes.length) return -1
      found = bytes.indexOf(byte, start)
      searchedTo = found === -1 ? bytes.length : found + 1
      return found
    },
    shift(count: number): void {
      found = Math.max(-1, found - count)
      searchedTo = Math.max(0, searchedTo - count)
    },
  }
}
