import type { DialectId } from './dialect-id.ts'
import type { Opaque } from './opaque.ts'

/** A prompt-cache breakpoint: everything up to and including its carrier may be cached for `ttl`. */
export interface CacheMark {
  readonly ttl: '5m' | '1h'
}

interface Carrier {
  readonly cache?: CacheMark
  /** Unmodelled members of the wire object, in its own spelling. */
  readonly opaque?: Opaque
}

export interface TextBlock extends Carrier {
  readonly type: 'text'
  readonly text: string
  /** Wire citations, in their own dialect's spelling, in order of arrival. */
  readonly citations?: { readonly dialect: DialectId; readonly items: readonly unknown[] }
}

/** `signature` proves the text to the vendor that made it: kept byte for byte for that vendor, never forged. */
export interface ThinkingBlock extends Carrier {
  readonly type: 'thinking'
  readonly text: string
  readonly signature: string
}

export interface RedactedThinkingBlock extends Carrier {
  readonly type: 'redacted_thinking'
  readonly data: string
}

/** `inputJson` is the call's argument as JSON text, exactly as it arrived; `''` means no argument, like `{}`. */
export interface ToolUseBlock extends Carrier {
  readonly type: 'tool_use'
  readonly id: string
  readonly name: string
  readonly inputJson: string
}

export type MediaSource =
  | { readonly type: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly fileId: string }

export interface ImageBlock extends Carrier {
  readonly type: 'image'
  readonly source: MediaSource
}

export interface DocumentBlock extends Carrier {
  readonly type: 'document'
  readonly source: MediaSource
  readonly title?: string
}

export interface ToolResultBlock extends Carrier {
  readonly type: 'tool_result'
  readonly toolUseId: string
  readonly content: readonly Block[]
  readonly isError: boolean
}

/** The model declined; text it gave for that. Chat has it as a field of its own, Messages as text. */
export interface RefusalBlock extends Carrier {
  readonly type: 'refusal'
  readonly text: string
}

/** A wire block lynkr does not model, whole. `deltas` are those that streamed into it, in order. */
export interface OpaqueBlock {
  readonly type: 'opaque'
  readonly dialect: DialectId
  readonly payload: unknown
  readonly deltas: readonly unknown[]
}

export type Block =
  | TextBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | ImageBlock
  | DocumentBlock
  | RefusalBlock
  | OpaqueBlock

/** Blocks that a model can produce. */
export type OutputBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | RefusalBlock | OpaqueBlock
