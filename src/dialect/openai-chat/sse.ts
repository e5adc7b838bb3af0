import type { Frame } from '../../core/dialect.ts'
import { frameText } from '../frame.ts'

/** The frame that ends every Chat stream. */
export const DONE = 'data: [DONE]\n\n'

/** A comment: every SSE reader ignores it, and it keeps the connection from idling. */
export const PING = ': ping\n\n'

export function sseData(json: unknown): string {
  return `data: ${JSON.stringify(json)}\n\n`
}

/** True for `[DONE]`, which ends every well-formed Chat stream. */
export function isDone(frame: Frame): boolean {
  return frame.data[0] === 0x5b && frame.data[1] === 0x44 && frameText(frame).trim() === '[DONE]'
}
