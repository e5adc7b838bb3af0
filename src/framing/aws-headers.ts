import { ProxyError } from '../core/errors.ts'
import { isSame, openEventNames } from './event-name.ts'

/** What a message of an AWS event stream says it is. */
export interface AwsMessageKind {
  /** `exception` and `error` end the stream. */
  readonly type: 'event' | 'exception' | 'error'
  /** Name of the event or of the exception: `chunk`, `throttlingException`; an error's code. */
  readonly name: string
  /** An error's own words, which stand in a header; else `''`. */
  readonly message: string
}

const STRING = 7

/** Bytes of a value whose size follows from its type: booleans, integers, timestamp, uuid. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }

/** Heads that are remembered: a stream has one for each kind of event, of some eighty bytes. */
const HEADS_MAX = 24
const HEAD_BYTES_MAX = 256

/** Reads headers of a stream's messages. A head is read once: those of one kind of event are the same bytes. */
export function openAwsHeaders(): (bytes: Uint8Array, from: number, to: number) => AwsMessageKind {
  const readHead = openHeadReader()
  const heads: { readonly bytes: Uint8Array; readonly kind: AwsMessageKind }[] = []
  let last = heads[0]
  return (bytes, from, to) => {
    if (last !== undefined && isSame(last.bytes, bytes, from, to)) return last.kind
    last = heads.find((head) => isSame(head.bytes, bytes, from, to))
    if (last !== undefined) return last.kind
    const kind = readHead(bytes, from, to)
    if (kind.type === 'event' && to - from <= HEAD_BYTES_MAX && heads.length < HEADS_MAX) {
      heads.push({ bytes: bytes.slice(from, to), kind })
    }
    return kind
  }
}

function openHeadReader(): (bytes: Uint8Array, from: number, to: number) => AwsMessageKind {
  const text = openEventNames()
  return (bytes, from, to) => {
    let type = 'event'
    let name = ''
    let message = ''
    let at = from
    while (at < to) {
      const nameFrom = at + 1
      const nameTo = nameFrom + (bytes[at] ?? 0)
      const valueType = bytes[nameTo] ?? STRING
      const isSized = FIXED_BYTES[valueType] === undefined
      const valueFrom = nameTo + (isSized ? 3 : 1)
      const size = FIXED_BYTES[valueType] ?? ((bytes[nameTo + 1] ?? 0) << 8) | (bytes[nameTo + 2] ?? 0)
      const valueTo = valueFrom + size
      if (valueTo > to || valueType > 9) throw new ProxyError('upstream_malformed', BROKEN)
      if (valueType === STRING) {
        const header = text(bytes, nameFrom, nameTo)
        if (header === ':message-type') type = text(bytes, valueFrom, valueTo)
        else if (header === ':error-message') message = text(bytes, valueFrom, valueTo)
        else if (NAMES.has(header)) name = text(bytes, valueFrom, valueTo)
      }
      at = valueTo
    }
    return { type: type === 'exception' || type === 'error' ? type : 'event', name, message }
  }
}

const NAMES = new Set([':event-type', ':exception-type', ':error-code'])
const BROKEN = 'the upstream sent an event-stream message with broken headers'
