import { ChunkedBody } from './chunked-body.ts'
import { malformed } from './malformed.ts'
import type { ResponseEvents } from './response-events.ts'
import { type BodyEnd, type ResponseHead, readHead } from './response-head.ts'
import { HEAD_END, UnfinishedHead } from './unfinished-head.ts'

/** A status line and its fields. */
const HEAD_BYTES_MAX = 64 * 1_024

const PROTOCOL = Buffer.from('HTTP/1.')

/** Whoever speaks another protocol may wait for us while we wait for the end of a head. */
function isHttp(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, PROTOCOL.length)
  return bytes.compare(PROTOCOL, 0, length, 0, length) === 0
}

/** Reads one answer out of the bytes of a connection, however they are cut. */
export class ResponseReader {
  readonly #events: ResponseEvents
  readonly #head = new UnfinishedHead()
  #bodyEnd: BodyEnd | null = null
  #left = 0
  #chunked: ChunkedBody | null = null
  #isOver = false

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  /** All of the answer was pushed. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The end of the connection is the end of the answer. */
  get endsWithConnection(): boolean {
    return this.#bodyEnd?.type === 'close'
  }

  /**
   * @returns whether all bytes were of this answer
   * @throws ProxyError with code `MALFORMED_HTTP`
   */
  push(bytes: Buffer): boolean {
    let rest = bytes
    while (this.#bodyEnd === null) {
      const { all, end } = this.#head.add(rest)
      if ((end === -1 ? all.length : end) > HEAD_BYTES_MAX) throw malformed('its head is too large')
      if (!isHttp(all)) throw malformed('it does not begin as one')
      if (end === -1) return true
      this.#begin(readHead(all.toString('latin1', 0, end)))
      rest = all.subarray(end + HEAD_END.length)
    }
    return this.#read(this.#bodyEnd, rest) === rest.length
  }

  #begin(head: ResponseHead): void {
    // Nothing was asked that another protocol could be spoken for.
    if (head.status === 101) throw malformed('it changes the protocol')
    if (head.status < 200) return
    this.#bodyEnd = head.bodyEnd
    if (head.bodyEnd.type === 'length') this.#left = head.bodyEnd.bytes
    if (head.bodyEnd.type === 'chunked') this.#chunked = new ChunkedBody()
    this.#events.onHead(head)
  }

  /** @returns how many bytes were of the body */
  #read({ type }: BodyEnd, bytes: Buffer): number {
    if (this.#isOver) return 0
    if (this.#chunked !== null) {
      const used = this.#chunked.push(bytes, this.#events)
      this.#isOver = this.#chunked.isOver
      return used
    }
    const used = type === 'length' ? Math.min(this.#left, bytes.length) : bytes.length
    if (used > 0) this.#events.onPiece(used === bytes.length ? bytes : bytes.subarray(0, used))
    this.#left -= used
    this.#isOver = type === 'length' && this.#left === 0
    return used
  }
}
