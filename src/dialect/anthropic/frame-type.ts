import type { Frame } from '../../core/dialect.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { tryJson } from '../../core/try-json.ts'

/** Bytes in which the type stands in every stream seen so far: it is the first member. */
const HEAD_BYTES = 64

const decoder = new TextDecoder()

/** The event's name: the SSE field, or where a server leaves that out, the `type` inside the data. */
export function frameType(frame: Frame): string {
  if (frame.event !== '' && frame.event !== 'message') return frame.event
  const head = /^\s*\{\s*"type"\s*:\s*"([a-z_]+)"/.exec(decoder.decode(frame.data.subarray(0, HEAD_BYTES)))
  return head?.[1] ?? textOf(tryObject(tryJson(frame.data))?.type)
}
