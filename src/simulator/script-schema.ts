import { z } from 'zod'
import { HEADER_NAME } from './http-parser.ts'

const count = z.number().int().min(0)
const delayMs = z.number().min(0).max(3_600_000)
/** What stands in a head as it is. */
const headerValue = z.string().regex(/^[\t -\xff]*$/, 'must be one line of Latin-1')

export const blockSchema = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ thinking: z.string(), signature: z.string().optional() }),
  z.strictObject({ redactedThinking: z.string() }),
  z.strictObject({
    tool: z.strictObject({
      name: z.string(),
      /** An object, or the exact JSON text to stream. */
      input: z.union([z.record(z.string(), z.unknown()), z.string()]),
      id: z.string().optional(),
    }),
  }),
  z.strictObject({ refusal: z.string() }),
  /** Any other Anthropic content block, sent whole in its start event, or any other part of Gemini; others leave it out. */
  z.strictObject({ raw: z.record(z.string(), z.unknown()) }),
])

/** Every way a reply can go wrong besides a status. `afterEvents` counts stream records; whole answers have one. */
export const faultSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('close') }),
  z.strictObject({
    type: z.literal('reset'),
    at: z.enum(['headers', 'body']),
    afterEvents: count.optional(),
    with: z.enum(['rst', 'fin']).optional(),
  }),
  z.strictObject({ type: z.literal('eof'), afterEvents: count.optional() }),
  z.strictObject({ type: z.literal('hang'), at: z.enum(['headers', 'body']), afterEvents: count.optional() }),
  z.strictObject({ type: z.literal('drip'), bytesPerSecond: z.number().positive().max(1_000).optional() }),
  z.strictObject({ type: z.literal('html') }),
  z.strictObject({ type: z.literal('content_type'), value: headerValue.optional() }),
  z.strictObject({ type: z.literal('malformed') }),
  z.strictObject({ type: z.literal('truncated') }),
  z.strictObject({
    type: z.literal('error_event'),
    afterEvents: count.optional(),
    errorType: z.string().optional(),
    message: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('usage'), mode: z.enum(['absent', 'duplicate']) }),
  z.strictObject({ type: z.literal('huge_body'), bytes: count }),
  z.strictObject({ type: z.literal('huge_line'), bytes: count }),
  z.strictObject({ type: z.literal('invalid_utf8') }),
  z.strictObject({ type: z.literal('split'), bytes: count.min(1).optional() }),
  z.strictObject({ type: z.literal('gzip_bomb'), bytes: count }),
  z.strictObject({
    type: z.literal('redirect'),
    location: headerValue.optional(),
    status: z.number().int().min(300).max(399).optional(),
  }),
])

const usageSchema = z.strictObject({
  inputTokens: count.optional(),
  cacheReadTokens: count.optional(),
  cacheWriteTokens: count.optional(),
  cacheWrite1hTokens: count.optional(),
  outputTokens: count.optional(),
  reasoningTokens: count.optional(),
})

/** Narrows a script to the requests it is meant for; every member given must hold. */
const matchSchema = z.strictObject({
  operation: z.enum(['inference', 'count_tokens', 'models', 'embeddings']).optional(),
  /** Part of the model name. */
  model: z.string().optional(),
  /** Part of the last user text. */
  text: z.string().optional(),
  /** The request offers tools. */
  tools: z.boolean().optional(),
  /** The last turn brings a tool's result. */
  toolResult: z.boolean().optional(),
})

export const scriptSchema = z.strictObject({
  match: matchSchema.optional(),
  blocks: z.array(blockSchema).max(1_000).optional(),
  usage: usageSchema.optional(),
  /** In Anthropic's spelling; Chat gets its own word for it. Absent: `tool_use` if a tool is called, else `end_turn`. */
  stopReason: z
    .enum([
      'end_turn',
      'max_tokens',
      'stop_sequence',
      'tool_use',
      'pause_turn',
      'refusal',
      'model_context_window_exceeded',
    ])
    .optional(),
  stopSequence: z.string().optional(),
  /** Characters per delta; 24 if absent. */
  chunkChars: z.number().int().min(1).optional(),
  /** Before each event of a stream but the first. */
  delayMs: delayMs.optional(),
  /** Before the status line. */
  firstDelayMs: delayMs.optional(),
  /** Pings (Chat: comments) after the first event; 1 on Anthropic and 0 on Chat if absent. */
  pings: z.number().int().min(0).max(1_000).optional(),
  /** Name that the answer claims; the request's own if absent. */
  model: z.string().optional(),
  /** Anything but 200 answers with the profile's own error body, or `body`. */
  status: z.number().int().min(200).max(599).optional(),
  errorType: z.string().optional(),
  message: z.string().optional(),
  /** The exact text of the body, in place of what the simulator would write. */
  body: z.string().optional(),
  headers: z.record(z.string().regex(HEADER_NAME, 'must be the name of a header'), headerValue).optional(),
  fault: faultSchema.optional(),
})

/** Scripts that came over the wire: one or a list. Throws zod's error, whose message names each path. */
export function parseScripts(json: unknown): readonly z.infer<typeof scriptSchema>[] {
  return z
    .array(scriptSchema)
    .max(10_000)
    .parse(Array.isArray(json) ? json : [json])
}
