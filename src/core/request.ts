import type { Block, CacheMark, TextBlock } from './block.ts'
import type { Opaque } from './opaque.ts'

/** What a coding agent asks of a model, free of any vendor's spelling. */
export interface ChatRequest {
  readonly model: string
  readonly stream: boolean
  readonly system: readonly TextBlock[]
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
  /** False forbids more than one tool call in a turn. */
  readonly parallelToolCalls: boolean
  /** Absent: the client leaves it to the model. */
  readonly maxOutputTokens?: number
  readonly stopSequences: readonly string[]
  readonly sampling: Sampling
  readonly reasoning: Reasoning
  readonly format: OutputFormat
  /** The client's opaque name of its user; never a credential. */
  readonly userId?: string
  /** Chat clients get usage in a stream only if they ask; Messages clients always. */
  readonly wantsStreamUsage: boolean
  readonly opaque?: Opaque
}

/** `system` turns stand inside the conversation; the initial prompt is `ChatRequest.system`. */
export interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly blocks: readonly Block[]
  readonly opaque?: Opaque
}

export type Tool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description?: string
      /** JSON Schema of the argument object. */
      readonly parameters: Readonly<Record<string, unknown>>
      readonly strict?: boolean
      readonly cache?: CacheMark
      readonly opaque?: Opaque
    }
  /** Vendor-run or vendor-typed tools: web search, code execution, free-form grammars. */
  | { readonly type: 'opaque'; readonly name: string; readonly opaque: Opaque }

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string }
  /** The client named nothing; the upstream's default holds. */
  | { readonly type: 'unset' }

export interface Sampling {
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
}

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/**
 * How much the model may think. `adaptive` leaves it to the model, `budget` caps it in tokens.
 * `effort` may stand beside any of them; `unset` says nothing about thinking.
 */
export type Reasoning =
  | { readonly type: 'unset' | 'off' | 'adaptive'; readonly effort?: Effort; readonly opaque?: Opaque }
  | { readonly type: 'budget'; readonly budgetTokens: number; readonly effort?: Effort; readonly opaque?: Opaque }

export type OutputFormat =
  | { readonly type: 'text' | 'json' }
  | { readonly type: 'json_schema'; readonly schema: unknown; readonly name?: string; readonly strict?: boolean }
