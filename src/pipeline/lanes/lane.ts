import type { ProxyError } from '../../core/errors.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * How far an answer got. `waiting` nothing a client could show yet · `answering` content flows · `paused` a part of it is
 * complete, perhaps the last · `finished` all of it is, and its end may follow · `ended` nothing follows · `failed` it
 * ended in an error, which the client was told
 */
export type Progress = 'waiting' | 'answering' | 'paused' | 'finished' | 'ended' | 'failed'

/** Nothing of the answer follows. */
export function isOver(progress: Progress): boolean {
  return progress === 'ended' || progress === 'failed'
}

/**
 * The way of a stream's bytes from the upstream to the client. Both lanes share framer, relay, timeouts and settlement
 * and differ in here only. Synchronous; `push` and `end` return what to write now.
 */
export interface StreamLane {
  push(chunk: Uint8Array): Uint8Array | string
  /**
   * The upstream's bytes are over: at its end (`null`) or because something broke.
   * What is returned makes the client's stream complete: nothing, a missing end, or the dialect's error event.
   */
  end(cause: ProxyError | null): string
  progress(): Progress
  failure(): ProxyError | null
  usage(): Usage | null
  /** Model that the upstream says it used, or `null`. */
  model(): string | null
  /** Bytes of answer seen, for an estimate where usage is missing. */
  contentBytes(): number
  /** How often the stream had to be mended. */
  repairs(): number
}
