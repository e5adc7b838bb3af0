import type { Frame } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { type Framer, NOTHING_FRAMED } from '../core/framing.ts'
import { FRAME_BYTES_MAX } from '../core/limits.ts'
import { openAwsHeaders } from './aws-headers.ts'
import { openCarry } from './carry.ts'
import { crc32 } from './crc32.ts'

/** Total length, length of the headers, checksum of both. */
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4

const encoder = new TextEncoder()

/**
 * Cuts an AWS event stream into frames. A frame's event is the message's event type, or the exception's name; its
 * data the payload, as a view. Both checksums are checked: a damaged length would read the rest of the stream as
 * something else.
 *
 * @param limitBytes largest message; a larger one, like any that is broken, throws `upstream_malformed`
 * @see https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function openAwsEventFramer(limitBytes = FRAME_BYTES_MAX): Framer {
  const carry = openCarry()
  const headersOf = openAwsHeaders()

  function refuse(what: string): never {
    carry.consume(carry.bytes().length)
    throw new ProxyError('upstream_malformed', `the upstream sent an event-stream message ${what}`)
  }

  /** Length of the message at `at`, or 0 while its prelude is not there. */
  function lengthAt(bytes: Uint8Array, at: number): number {
    if (bytes.length - at < PRELUDE_BYTES) return 0
    const length = uint32(bytes, at)
    if (crc32(bytes, at, at + 8) !== uint32(bytes, at + 8)) refuse('whose prelude is damaged')
    if (length > limitBytes) refuse(`of over ${limitBytes} bytes`)
    const room = length - PRELUDE_BYTES - CHECKSUM_BYTES
    if (room < 0 || uint32(bytes, at + 4) > room) refuse('whose lengths disagree')
    return length
  }

  function frameAt(bytes: Uint8Array, at: number, length: number): Frame {
    const end = at + length - CHECKSUM_BYTES
    if (crc32(bytes, at, end) !== uint32(bytes, end)) refuse('that is damaged')
    const payloadFrom = at + PRELUDE_BYTES + uint32(bytes, at + 4)
    const { type, name, message } = headersOf(bytes, at + PRELUDE_BYTES, payloadFrom)
    const isBare = type === 'error' && payloadFrom === end
    const data = isBare ? encoder.encode(JSON.stringify({ message })) : bytes.subarray(payloadFrom, end)
    return { event: type === 'event' ? name : name || 'error', data }
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return NOTHING_FRAMED
      carry.append(chunk)
      const bytes = carry.bytes()
      const frames: Frame[] = []
      const ends: number[] = []
      let at = 0
      for (;;) {
        const length = lengthAt(bytes, at)
        if (length === 0 || bytes.length - at < length) break
        frames.push(frameAt(bytes, at, length))
        at += length
        ends.push(at)
      }
      if (at === 0) return NOTHING_FRAMED
      carry.consume(at)
      // Most chunks end where a message does.
      return { frames, ends, complete: at === bytes.length ? bytes : bytes.subarray(0, at) }
    },
    end() {
      carry.consume(carry.bytes().length)
      return NOTHING_FRAMED
    },
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}
