import type { Frame } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { type Framer, NOTHING_FRAMED } from '../core/framing.ts'
import { FRAME_BYTES_MAX } from '../core/limits.ts'
import { openCarry } from './carry.ts'
import { openLineEnds } from './line-ends.ts'
import { openSseRecord } from './sse-record.ts'

const BOM = [0xef, 0xbb, 0xbf] as const
const LF = 0x0a

/**
 * Cuts a server-sent event stream into frames without decoding it. Line ends are found by native search, each byte
 * is searched once however the stream is split, and what arrives whole is not copied.
 * A record that the stream's end cuts off is dropped, as the standard says.
 *
 * @param limitBytes largest record, its boundary included; a larger one throws `upstream_malformed`
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function openSseFramer(limitBytes = FRAME_BYTES_MAX): Framer {
  const carry = openCarry()
  const ends = openLineEnds()
  const record = openSseRecord()
  /** Offset of the line being read; the record being read begins at offset 0 between pushes. */
  let lineFrom = 0
  let isAtStart = true
  /** The last line ended with a CR that was the last byte there was: an LF that follows belongs to it. */
  let owesLf = false

  function refuse(): never {
    carry.consume(carry.bytes().length)
    throw new ProxyError('upstream_malformed', `the upstream sent a stream record of over ${limitBytes} bytes`)
  }

  /** True once it is known whether the stream begins with a byte order mark, which is then skipped. */
  function skipBom(bytes: Uint8Array): boolean {
    for (let i = 0; i < BOM.length; i++) {
      if (i === bytes.length) return false
      if (bytes[i] !== BOM[i]) return true
    }
    lineFrom = BOM.length
    return true
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return NOTHING_FRAMED
      carry.append(chunk)
      const bytes = carry.bytes()
      if (isAtStart) {
        if (!skipBom(bytes)) return NOTHING_FRAMED
        isAtStart = false
      }
      const frames: Frame[] = []
      const recordEnds: number[] = []
      let recordFrom = 0
      if (owesLf) {
        owesLf = false
        if (bytes[lineFrom] === LF) {
          // Behind a boundary the LF belongs to the record that has gone out already, so it follows it at once.
          if (lineFrom === 0) recordFrom = 1
          lineFrom++
        }
      }
      for (;;) {
        const lineTo = ends.next(bytes, lineFrom)
        if (lineTo === -1) break
        const from = lineFrom
        lineFrom = ends.after(bytes, lineTo)
        owesLf = ends.isOpenCr(bytes, lineTo)
        if (lineTo > from) {
          record.line(bytes, recordFrom, from, lineTo)
          continue
        }
        if (lineFrom - recordFrom > limitBytes) refuse()
        const frame = record.dispatch(bytes, recordFrom)
        if (frame !== null) {
          frames.push(frame)
          recordEnds.push(lineFrom)
        }
        recordFrom = lineFrom
      }
      if (bytes.length - recordFrom > limitBytes) refuse()
      if (recordFrom === 0) return NOTHING_FRAMED
      carry.consume(recordFrom)
      ends.shift(recordFrom)
      lineFrom -= recordFrom
      // Most chunks end where a record does.
      const complete = recordFrom === bytes.length ? bytes : bytes.subarray(0, recordFrom)
      return { frames, ends: recordEnds, complete }
    },
    end() {
      carry.consume(carry.bytes().length)
      return NOTHING_FRAMED
    },
  }
}
