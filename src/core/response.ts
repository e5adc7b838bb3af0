import type { OutputBlock } from './block.ts'
import type { FinishReason } from './event.ts'
import type { Opaque } from './opaque.ts'
import type { Usage } from './usage.ts'

/** A whole answer: what a finished stream folds into. */
export interface ChatResponse {
  readonly id: string
  readonly model: string
  readonly blocks: readonly OutputBlock[]
  readonly reason: FinishReason
  readonly usage: Usage
  /** Unmodelled members of the response, of its usage, and of its finish. */
  readonly opaque?: Opaque
  readonly usageOpaque?: Opaque
  readonly finishOpaque?: Opaque
}
