import type { OutputBlock } from './block.ts'
import type { DialectId } from './dialect-id.ts'
import type { ErrorKind } from './errors.ts'
import type { Opaque } from './opaque.ts'
import type { Usage } from './usage.ts'

/** Why the model stopped. `unknown` carries a wire reason that lynkr does not model. */
export type FinishReason =
  | { readonly kind: 'end_turn' | 'max_tokens' | 'tool_use' | 'pause_turn' | 'refusal' | 'context_exceeded' }
  | { readonly kind: 'stop_sequence'; readonly sequence: string | null }
  | { readonly kind: 'unknown'; readonly dialect: DialectId; readonly reason: string }

/**
 * One step of a response. The only legal order is
 *
 *     stream := start (usage | block-event)* (finish | error)      nothing follows finish or error
 *     block  := block_start(i) block_delta(i)* block_stop(i)       i = 0, 1, 2, …; one block open at a time
 *
 * `block_start` carries the block as far as it is known: empty text, a tool's id and name.
 * `usage` is cumulative: a later one replaces an earlier one.
 */
export type StreamEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly opaque?: Opaque }
  | { readonly type: 'usage'; readonly usage: Usage; readonly opaque?: Opaque }
  | { readonly type: 'block_start'; readonly index: number; readonly block: OutputBlock }
  | { readonly type: 'block_delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'block_stop'; readonly index: number }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly opaque?: Opaque }
  | StreamErrorEvent

/** The upstream failed, or was cut, after the stream began. `message` is safe to show to the client. */
export interface StreamErrorEvent {
  readonly type: 'error'
  readonly kind: ErrorKind
  readonly message: string
  readonly opaque?: Opaque
}

export type BlockDelta =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string; readonly opaque?: Opaque }
  | { readonly type: 'signature'; readonly signature: string }
  | { readonly type: 'input_json'; readonly json: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'citation'; readonly dialect: DialectId; readonly citation: unknown }
  | { readonly type: 'opaque'; readonly dialect: DialectId; readonly payload: unknown }
