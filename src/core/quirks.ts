import type { SchemaProfile } from './fit-schema.ts'

/**
 * How one server differs from its dialect. Absent means the dialect's default. Most are for one dialect, which they name.
 */
export interface Quirks {
  /** Chat: the name of the output limit. Default `max_completion_tokens`. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** Chat: role of the initial prompt. Default `system`. */
  readonly systemRole?: 'system' | 'developer'
  /**
   * Chat, Messages: whether a system message may stand after the first turn; `fold`: it becomes marked user text. Default
   * `fold`; in Messages `keep`, but for an older Claude that stands in for one that knows such messages.
   */
  readonly midSystem?: 'keep' | 'fold'
  /** Chat: whether `stream_options.include_usage` is known. Default true. */
  readonly streamUsage?: boolean
  /**
   * Chat: field that carries earlier reasoning back. Default: none, it is dropped. `content` is Databricks' form:
   * a part of type `reasoning`, signature included; `reasoning_details` is OpenRouter's.
   */
  readonly reasoningField?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'content'
  /** Chat and Messages: whether an earlier answer without its reasoning is refused: where there is none, a blank stands for it. Default false. */
  readonly needsReasoning?: boolean
  /** Chat: whether the answer's text may begin with reasoning between `<think>` and `</think>`. Default false. */
  readonly inlineThinking?: boolean
  /** Chat: whether `reasoning_effort` is known. Default true. */
  readonly reasoningEffort?: boolean
  /** Chat, Responses: highest `reasoning_effort` known; more is asked for as this. Default `high`. */
  readonly reasoningEffortMax?: 'high' | 'xhigh' | 'max'
  /** Chat: whether `response_format` is known. Default true. */
  readonly responseFormat?: boolean
  /** Chat: whether a PDF may stand in a `file` part. Default false: a note takes its place. */
  readonly pdfInput?: boolean
  /** Chat, Responses: member that takes a hash of the client's user id. Default: none. */
  readonly userField?: 'user' | 'safety_identifier'
  /** Chat, Responses: whether `prompt_cache_key` is known, which keeps a session on the server that has its prompt cached. Default false. */
  readonly promptCacheKey?: boolean
  /** Chat and Messages: whether a `model` member is refused, for the path names it. Default false. */
  readonly omitModel?: boolean
  /** Messages: whether a `stream` member is refused, for the path tells it. Default false. */
  readonly omitStream?: boolean
  /** Messages: the version as a member of the body, in place of the header. Default: none. */
  readonly anthropicVersion?: string
  /**
   * Messages: the betas that this server knows, by their beginnings, and where it wants them. What it does not know is
   * dropped together with the members that it enables. Default: all go on in the client's header.
   */
  readonly betas?: { readonly in: 'header' | 'body'; readonly known: readonly string[] }
  /** Features that this server refuses, by their names in the table of strips: left out with their betas, and named. Default: none. */
  readonly strips?: readonly string[]
  /** Messages: whether it keeps a conversation that it is asked to keep (`thread`). Default false: such a request is not for it. */
  readonly threads?: boolean
  /** Messages: types of blocks that this server knows; others are told as text where they can be, and named. Default: all. */
  readonly blocks?: readonly string[]
  /** Top-level members that this server refuses: taken out, and named. Default: none. */
  readonly dropMembers?: readonly string[]
  /** What the server takes of JSON Schema in tools. Every dialect reads it. Default: all that its dialect takes. */
  readonly toolSchemas?: SchemaProfile
  /** Chat: longest id of a tool call that it takes; a longer one goes as a hash. Default 40, which is OpenAI's. */
  readonly toolIdCharsMax?: number
  /** Chat: whether `parallel_tool_calls` is known. Default true. */
  readonly parallelToolCalls?: boolean
  /** Chat: whether content must be a plain string. Default false. */
  readonly plainTextContent?: boolean
  /** Every dialect: whether the `cost` in a usage is what the server takes, in dollars. Default false. */
  readonly tellsCost?: boolean
  /** Longest output the server accepts, in tokens. Default: as asked. */
  readonly maxOutputTokensCap?: number
}
