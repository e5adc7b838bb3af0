import { isObject, type Json, listOf } from '../core/json.ts'
import type { Profile } from './profile.ts'

/** What the simulator looks at in a request's JSON, read without trust; strictness is judged elsewhere. */
export interface InferenceRequest {
  readonly profile: Profile
  readonly json: Json
  readonly bytes: number
  readonly model: string
  readonly stream: boolean
  /** Chat: the client asked for usage in the stream. */
  readonly includeUsage: boolean
  /** Messages: the client asked for thinking without its text. */
  readonly omitsThinking: boolean
  readonly lastUserText: string
  readonly hasTools: boolean
  readonly endsWithToolResult: boolean
}

export function readInferenceRequest(profile: Profile, json: Json, bytes: number): InferenceRequest {
  const messages = messagesOf(profile, json)
  const turns = messages.filter((message) => message.role !== 'system' && message.role !== 'developer')
  return {
    profile,
    json,
    bytes,
    model: typeof json.model === 'string' ? json.model : (profile.name ?? 'simulated-model'),
    stream: profile.isStream ?? json.stream === true,
    includeUsage: record(json.stream_options).include_usage === true,
    omitsThinking: record(json.thinking).display === 'omitted',
    lastUserText: textOf(turns.findLast((turn) => turn.role === 'user' && textOf(turn.content) !== '')?.content),
    hasTools: listOf(json.tools ?? record(json.toolConfig).tools).length > 0,
    endsWithToolResult: isToolResult(turns.at(-1)),
  }
}

/** Turns as messages; items of Responses that are none stand for themselves. */
function messagesOf({ flavor }: Profile, json: Json): readonly Json[] {
  if (flavor === 'gemini') return listOf(json.contents).map(record).map(geminiTurn)
  if (flavor === 'converse') return listOf(json.messages).map(record).map(converseTurn)
  if (flavor !== 'responses') return listOf(json.messages).map(record)
  return typeof json.input === 'string' ? [{ role: 'user', content: json.input }] : listOf(json.input).map(record)
}

function geminiTurn({ role, parts }: Json): Json {
  const content = listOf(parts)
    .map(record)
    .map((part) => (part.functionResponse === undefined ? textBlock(part) : TOOL_RESULT))
  return { role: role === 'model' ? 'assistant' : role, content }
}

function converseTurn({ role, content }: Json): Json {
  const blocks = listOf(content)
    .map(record)
    .map((block) => (block.toolResult === undefined ? textBlock(block) : TOOL_RESULT))
  return { role, content: blocks }
}

const TOOL_RESULT: Json = { type: 'tool_result' }

function textBlock({ text }: Json): Json {
  return typeof text === 'string' ? { type: 'text', text } : { type: 'other' }
}

function isToolResult(turn: Json | undefined): boolean {
  if (turn === undefined) return false
  if (turn.type === 'function_call_output' || turn.type === 'custom_tool_call_output') return true
  return turn.role === 'tool' || listOf(turn.content).some((block) => record(block).type === 'tool_result')
}

/** The last text block of a content: agents put their reminders first and the person's words last. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const texts = listOf(content)
    .map(record)
    .filter((block) => (block.type === 'text' || block.type === 'input_text') && typeof block.text === 'string')
  return String(texts.at(-1)?.text ?? '')
}

/** The value if it is a JSON object, else an empty one. */
export function record(value: unknown): Json {
  return isObject(value) ? value : {}
}
