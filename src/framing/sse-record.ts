import type { Frame } from '../core/dialect.ts'
import { openEventNames } from './event-name.ts'

const LF = 0x0a
const SPACE = 0x20
const COLON = 0x3a
const LETTER_A = 0x61
const LETTER_E = 0x65
const LETTER_T = 0x74

/** The fields of one server-sent record, collected line by line. Offsets are kept relative to the record's start. */
export interface SseRecord {
  /** One line, without its end. */
  line(bytes: Uint8Array, start: number, from: number, to: number): void
  /** The record ends: its frame, or `null` if it had no data. */
  dispatch(bytes: Uint8Array, start: number): Frame | null
}

export function openSseRecord(): SseRecord {
  const nameOf = openEventNames()
  let event = ''
  let dataFrom = -1
  let dataTo = -1
  /** Second and later data lines as [from, to] pairs, flat. Rare: JSON fits on one. */
  let more: number[] | null = null

  function addData(from: number, to: number): void {
    if (dataFrom === -1) {
      dataFrom = from
      dataTo = to
      return
    }
    more ??= []
    more.push(from, to)
  }

  return {
    line(bytes, start, from, to) {
      if (isData(bytes, from, to)) addData(valueFrom(bytes, from + 4, to) - start, to - start)
      else if (isEvent(bytes, from, to)) event = nameOf(bytes, valueFrom(bytes, from + 5, to), to)
    },
    dispatch(bytes, start) {
      const frame = dataFrom === -1 ? null : { event, data: joined(bytes, start) }
      event = ''
      dataFrom = -1
      more = null
      return frame
    },
  }

  function joined(bytes: Uint8Array, start: number): Uint8Array {
    if (more === null) return bytes.subarray(start + dataFrom, start + dataTo)
    let length = dataTo - dataFrom
    for (let i = 0; i < more.length; i += 2) length += 1 + (more[i + 1] ?? 0) - (more[i] ?? 0)
    const data = new Uint8Array(length)
    data.set(bytes.subarray(start + dataFrom, start + dataTo))
    let at = dataTo - dataFrom
    for (let i = 0; i < more.length; i += 2) {
      const from = more[i] ?? 0
      const to = more[i + 1] ?? 0
      data[at] = LF
      data.set(bytes.subarray(start + from, start + to), at + 1)
      at += 1 + to - from
    }
    return data
  }
}

/** True for `data` and `data:…`; a longer name is another field. */
function isData(bytes: Uint8Array, from: number, to: number): boolean {
  return (
    to - from >= 4 &&
    bytes[from] === 0x64 &&
    bytes[from + 1] === LETTER_A &&
    bytes[from + 2] === LETTER_T &&
    bytes[from + 3] === LETTER_A &&
    (to - from === 4 || bytes[from + 4] === COLON)
  )
}

function isEvent(bytes: Uint8Array, from: number, to: number): boolean {
  return (
    to - from >= 5 &&
    bytes[from] === LETTER_E &&
    bytes[from + 1] === 0x76 &&
    bytes[from + 2] === LETTER_E &&
    bytes[from + 3] === 0x6e &&
    bytes[from + 4] === LETTER_T &&
    (to - from === 5 || bytes[from + 5] === COLON)
  )
}

/** Where a field's value begins: behind the colon and one space, if they are there. */
function valueFrom(bytes: Uint8Array, afterName: number, to: number): number {
  if (afterName === to) return to
  return afterName + 1 < to && bytes[afterName + 1] === SPACE ? afterName + 2 : afterName + 1
}
