import type { Frame } from '../../core/dialect.ts'
import { frameText } from '../frame.ts'

/** Bytes in which the type stands where a server writes it first. */
const HEAD_BYTES = 96

const utf8 = new TextDecoder()

/** The event's name: the SSE field, or where a server leaves that out, the `type` inside the data. */
export function frameType(frame: Frame): string {
  if (frame.event !== '') return frame.event
  const head = /^\s*\{\s*"type"\s*:\s*"([\w.]+)"/.exec(utf8.decode(frame.data.subarray(0, HEAD_BYTES)))
  if (head?.[1] !== undefined) return head[1]
  return /"type"\s*:\s*"((?:response|error)[\w.]*)"/.exec(frameText(frame))?.[1] ?? ''
}
