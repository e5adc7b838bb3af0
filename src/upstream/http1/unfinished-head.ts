import { malformed } from './malformed.ts'

export const HEAD_END = '\r\n\r\n'
/** Whoever ends lines so has sent all of its head: nothing else would come. */
const WRONG_END = '\n\n'

/** What has come of a head, which most often comes whole. In total O(bytes), however small the pieces. */
export class UnfinishedHead {
  #bytes: Buffer | null = null
  #length = 0

  /**
   * @returns all that has come, and where the head ends in it, or -1; it begins anew behind an end
   * @throws ProxyError with code `MALFORMED_HTTP` for an empty line without the carriage return before its end
   */
  add(piece: Buffer): { readonly all: Buffer; readonly end: number } {
    const searched = Math.max(0, this.#length - HEAD_END.length + 1)
    const all = this.#bytes === null ? piece : this.#append(this.#bytes, piece)
    const end = all.indexOf(HEAD_END, searched)
    if (end === -1 && all.indexOf(WRONG_END, searched) !== -1) throw malformed('the end of its head')
    if (end === -1 && this.#bytes === null) this.#append(Buffer.allocUnsafe(2 * piece.length), piece)
    if (end !== -1) {
      this.#bytes = null
      this.#length = 0
    }
    return { all, end }
  }

  #append(bytes: Buffer, piece: Buffer): Buffer {
    const length = this.#length + piece.length
    let room = bytes
    if (length > bytes.length) {
      room = Buffer.allocUnsafe(2 * length)
      bytes.copy(room, 0, 0, this.#length)
    }
    piece.copy(room, this.#length)
    this.#bytes = room
    this.#length = length
    return room.subarray(0, length)
  }
}
