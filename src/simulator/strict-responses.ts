import { type Json, listOf } from '../core/json.ts'
import type { Profile } from './profile.ts'
import { fields, refuse } from './refused.ts'
import { record } from './request.ts'
import { checkName } from './strict-chat.ts'
import { checkParameters } from './strict-schema.ts'

const FIELDS = fields(
  'model input instructions tools tool_choice parallel_tool_calls max_tool_calls max_output_tokens reasoning text include store stream stream_options previous_response_id conversation prompt context_management prompt_cache_key prompt_cache_options prompt_cache_retention service_tier metadata safety_identifier truncation background temperature top_p top_logprobs moderation access_programs image user client_metadata',
)
const TOOL_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  function: fields('type name description parameters strict defer_loading async output_schema'),
  custom: fields('type name description format defer_loading'),
  namespace: fields('type name description tools'),
}
const ITEM_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  message: fields('type role content id status phase'),
  reasoning: fields('type id summary content encrypted_content status'),
  function_call: fields('type id call_id name namespace arguments status'),
  function_call_output: fields('type id call_id output status'),
  custom_tool_call: fields('type id call_id name namespace input status'),
  custom_tool_call_output: fields('type id call_id output'),
}
const PART_TYPES: Readonly<Record<string, readonly string[]>> = {
  assistant: ['output_text', 'refusal'],
  other: ['input_text', 'input_image', 'input_file'],
}
const INCLUDES = fields(
  'reasoning.encrypted_content message.output_text.logprobs web_search_call.results web_search_call.action.sources file_search_call.results code_interpreter_call.outputs message.input_image.image_url computer_call_output.output.image_url',
)
const OUTPUT_TOKENS_MIN = 16
const ID_CHARS_MAX = 64
/** Families that do not reason; the others take no sampling. */
const NOT_REASONING = /^(gpt-3|gpt-4|chatgpt-4)/

/** Refuses what OpenAI's Responses endpoint refuses. */
export function checkResponses(_profile: Profile, json: Json): void {
  checkTop(json)
  checkReasoning(json)
  checkTools(json)
  if (typeof json.input === 'string') return
  const items = listOf(json.input).map(record)
  items.forEach((item, i) => {
    checkItem(`input[${i}]`, item)
  })
  checkReasoned(items)
  if (json.previous_response_id === undefined) checkPairs(items)
}

function checkTop(json: Json): void {
  for (const field of Object.keys(json)) if (!FIELDS.has(field)) refuse(`Unknown parameter: '${field}'.`)
  if (typeof json.model !== 'string' || json.model === '') refuse("Missing required parameter: 'model'.")
  if (typeof json.input !== 'string' && !Array.isArray(json.input) && json.previous_response_id === undefined) {
    refuse("Missing required parameter: 'input'.")
  }
  if (Array.isArray(json.input) && json.input.length === 0) refuse("Invalid 'input': empty array.")
  if (typeof json.max_output_tokens === 'number' && json.max_output_tokens < OUTPUT_TOKENS_MIN) {
    refuse(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${OUTPUT_TOKENS_MIN}, but got ${json.max_output_tokens} instead.`,
    )
  }
  for (const name of listOf(json.include)) {
    if (!INCLUDES.has(String(name))) refuse(`Invalid value: '${name}'. (include)`)
  }
  if (json.stream_options !== undefined && json.stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  }
}

function checkReasoning(json: Json): void {
  const reasons = !NOT_REASONING.test(String(json.model))
  if (reasons && json.temperature !== undefined) {
    refuse("Unsupported parameter: 'temperature' is not supported with this model.")
  }
  if (reasons && json.top_p !== undefined) refuse("Unsupported parameter: 'top_p' is not supported with this model.")
  for (const name of reasons ? [] : Object.keys(record(json.reasoning))) {
    refuse(`Unsupported parameter: 'reasoning.${name}' is not supported with this model.`)
  }
  if (!reasons && listOf(json.include).includes('reasoning.encrypted_content')) {
    refuse('Encrypted content is not supported with this model.')
  }
}

function checkTools(json: Json): void {
  listOf(json.tools).forEach((tool, i) => {
    checkTool(`tools[${i}]`, record(tool))
  })
  if (json.tool_choice !== undefined && json.tool_choice !== 'auto' && listOf(json.tools).length === 0) {
    refuse("Tool choice 'required' must be specified with 'tools' parameter.")
  }
}

function checkTool(at: string, tool: Json): void {
  const allowed = TOOL_FIELDS[String(tool.type)]
  if (allowed === undefined) return
  for (const field of Object.keys(tool)) if (!allowed.has(field)) refuse(`Unknown parameter: '${at}.${field}'.`)
  checkName(`${at}.name`, tool.name)
  if (tool.type === 'namespace') {
    listOf(tool.tools).forEach((inner, i) => {
      checkTool(`${at}.tools[${i}]`, record(inner))
    })
  }
  if (tool.type === 'function') checkParameters(tool.name, tool.parameters)
  // Where `strict` is not said, OpenAI closes the schema by itself (its guide to function calling, 2026-03).
  if (tool.type === 'function' && tool.strict === true && record(tool.parameters).additionalProperties !== false) {
    refuse(
      `Invalid schema for function '${tool.name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`,
    )
  }
}

function checkItem(at: string, item: Json): void {
  const type = String(item.type ?? 'message')
  const allowed = ITEM_FIELDS[type]
  if (allowed === undefined) return
  for (const field of Object.keys(item)) if (!allowed.has(field)) refuse(`Unknown parameter: '${at}.${field}'.`)
  if (type === 'message') return checkMessage(at, item)
  if (type === 'reasoning') return checkSealed(at, item)
  if (typeof item.call_id !== 'string') refuse(`Missing required parameter: '${at}.call_id'.`)
  if (item.call_id.length > ID_CHARS_MAX) {
    refuse(`Invalid '${at}.call_id': string too long. Expected a string with maximum length ${ID_CHARS_MAX}.`)
  }
  if (type.endsWith('_call')) checkName(`${at}.name`, item.name)
  if (type === 'function_call' && typeof item.arguments !== 'string') {
    refuse(`Invalid type for '${at}.arguments': expected a string.`)
  }
  if (type.endsWith('_output')) checkContent(`${at}.output`, 'other', item.output)
}

function checkMessage(at: string, item: Json): void {
  const { role } = item
  if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer') {
    refuse(
      `Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'. (${at}.role)`,
    )
  }
  checkContent(`${at}.content`, role === 'assistant' ? 'assistant' : 'other', item.content)
}

function checkContent(at: string, kind: 'assistant' | 'other', content: unknown): void {
  if (typeof content === 'string') return
  if (!Array.isArray(content)) refuse(`Invalid type for '${at}': expected a string or an array.`)
  const types = PART_TYPES[kind] ?? []
  content.map(record).forEach((part, i) => {
    if (types.includes(String(part.type))) return
    const known = types.map((type) => `'${type}'`).join(', ')
    refuse(`Invalid value: '${part.type}'. Supported values are: ${known}. (${at}[${i}].type)`)
  })
}

/** Reasoning is kept by nobody here, so it must bring its content along, and that must be of this vendor's making. */
function checkSealed(at: string, item: Json): void {
  if (typeof item.encrypted_content !== 'string') {
    refuse(`Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`)
  }
  if (!/^[A-Za-z0-9+/_-]+=*$/.test(item.encrypted_content)) {
    refuse(`The encrypted content for item ${item.id} could not be verified. (${at}.encrypted_content)`)
  }
  if (!Array.isArray(item.summary)) refuse(`Missing required parameter: '${at}.summary'.`)
}

/** Reasoning leads to something that the model said or did. */
function checkReasoned(items: readonly Json[]): void {
  for (const [i, { type, id }] of items.entries()) {
    if (type !== 'reasoning') continue
    const next = items[i + 1]
    const isAnswer = next?.role === 'assistant' || (next !== undefined && OF_THE_MODEL.test(String(next.type)))
    if (!isAnswer) refuse(`Item '${id}' of type 'reasoning' was provided without its required following item.`)
  }
}

const OF_THE_MODEL = /^(reasoning|compaction|.*_call)$/

/** Every call is answered, and only what was called. */
function checkPairs(items: readonly Json[]): void {
  const open = new Set<unknown>()
  for (const item of items) {
    const type = String(item.type)
    if (type === 'function_call' || type === 'custom_tool_call') open.add(item.call_id)
    if (!type.endsWith('_call_output') || ITEM_FIELDS[type] === undefined) continue
    if (!open.delete(item.call_id)) refuse(`No tool call found for function call output with call_id ${item.call_id}.`)
  }
  const [unanswered] = open
  if (unanswered !== undefined) refuse(`No tool output found for function call ${unanswered}.`)
}
