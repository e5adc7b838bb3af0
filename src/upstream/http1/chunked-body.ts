import { malformed } from './malformed.ts'
import type { ResponseEvents } from './response-events.ts'

/** A size line with its extensions, and all trailers together. */
const LINE_BYTES_MAX = 16 * 1_024

const LF = 0x0a
const CR = 0x0d
const SIZE = /^([0-9a-f]{1,13})[ \t]*(?:;[^\r\n\0]*)?$/i

type State = 'size' | 'data' | 'data_end' | 'trailer' | 'over'

/**
 * Takes a body out of its chunks, as bytes of a connection come. Its pieces are views of what came.
 *
 * @see RFC 9112 §7.1
 */
export class ChunkedBody {
  #state: State = 'size'
  /** What came of a line that is not whole. */
  #line = ''
  #left = 0
  #trailerBytes = 0

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /**
   * @returns how many of the bytes were of this body: all, unless it is over
   * @throws ProxyError with code `MALFORMED_HTTP`
   */
  push(bytes: Buffer, events: Pick<ResponseEvents, 'onPiece'>): number {
    let at = 0
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left)
        events.onPiece(bytes.subarray(at, end))
        this.#left -= end - at
        at = end
        if (this.#left === 0) this.#state = 'data_end'
        continue
      }
      const lf = bytes.indexOf(LF, at)
      const end = lf === -1 ? bytes.length : lf + 1
      this.#line += bytes.toString('latin1', at, end)
      at = end
      if (this.#line.length > LINE_BYTES_MAX) throw malformed('the line of a chunk')
      if (lf !== -1) this.#endLine()
    }
    return at
  }

  #endLine(): void {
    const line = this.#line
    if (line.charCodeAt(line.length - 2) !== CR) throw malformed('the end of a line')
    this.#line = ''
    switch (this.#state) {
      case 'size':
        this.#left = sizeOf(line.slice(0, -2))
        this.#state = this.#left === 0 ? 'trailer' : 'data'
        return
      case 'data_end':
        if (line.length !== 2) throw malformed('the end of a chunk')
        this.#state = 'size'
        return
      default:
        this.#trailerBytes += line.length
        if (this.#trailerBytes > LINE_BYTES_MAX) throw malformed('its trailers')
        if (line.length === 2) this.#state = 'over'
    }
  }
}

function sizeOf(line: string): number {
  const size = SIZE.exec(line)?.[1]
  if (size === undefined) throw malformed('the size of a chunk')
  return Number.parseInt(size, 16)
}
