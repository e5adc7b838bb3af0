import { isObject, type Json, listOf } from '../core/json.ts'
import type { Profile } from './profile.ts'
import { checkFields, fields, refuse } from './refused.ts'
import { record } from './request.ts'
import { checkParameters } from './strict-schema.ts'

const FIELDS = fields(
  'model messages max_tokens max_completion_tokens stream stream_options tools tool_choice parallel_tool_calls reasoning_effort response_format verbosity stop n temperature top_p seed logprobs top_logprobs logit_bias frequency_penalty presence_penalty prompt_cache_key prompt_cache_retention prompt_cache_options service_tier metadata store safety_identifier user prediction modalities audio web_search_options moderation functions function_call',
)
const DATABRICKS_FIELDS = fields(
  'messages max_tokens max_completion_tokens stream stream_options tools tool_choice parallel_tool_calls reasoning_effort thinking response_format stop n temperature top_p top_k logprobs top_logprobs user usage_context',
)
const MESSAGE_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  developer: fields('role content name'),
  system: fields('role content name cache_control'),
  user: fields('role content name cache_control'),
  assistant: fields(
    'role content name refusal audio tool_calls function_call reasoning_content reasoning reasoning_details annotations cache_control',
  ),
  tool: fields('role content tool_call_id name cache_control'),
  function: fields('role content name'),
}
const FUNCTION_FIELDS = fields('name description parameters strict')
const PART_TYPES: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal', 'reasoning'],
}
const STOPS_MAX = 4
const ID_CHARS_MAX = 40
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** Refuses what OpenAI, Azure or Databricks refuse, each by its own closed listOf of fields. */
export function checkChat(profile: Profile, json: Json): void {
  checkTop(profile, json)
  checkTools(json)
  if (!Array.isArray(json.messages)) refuse("Missing required parameter: 'messages'.")
  if (json.messages.length === 0) refuse("Invalid 'messages': empty array. Expected an array with minimum length 1.")
  const messages = json.messages.map(record)
  for (const [i, message] of messages.entries()) checkMessage(`messages[${i}]`, message)
  checkPairs(messages)
}

function checkTop(profile: Profile, json: Json): void {
  if (profile.flavor === 'databricks') {
    const isNamed = profile.name !== undefined
    checkFields('', json, isNamed ? DATABRICKS_FIELDS : new Set([...DATABRICKS_FIELDS, 'model']))
  }
  const unknown = Object.keys(json).filter((field) => !FIELDS.has(field))
  if (profile.flavor !== 'databricks' && unknown.length > 0) {
    refuse(`Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`)
  }
  if (profile.name === undefined && (typeof json.model !== 'string' || json.model === '')) {
    refuse('you must provide a model parameter')
  }
  if (json.max_tokens !== undefined && json.max_completion_tokens !== undefined) {
    refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
  }
  if (listOf(json.stop).length > STOPS_MAX) {
    refuse(`Invalid 'stop': array too long. Expected an array with maximum length ${STOPS_MAX}.`)
  }
  if (json.stream_options !== undefined && json.stream_options !== null && json.stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  }
}

function checkTools(json: Json): void {
  listOf(json.tools).forEach((value, i) => {
    const tool = record(value)
    if (tool.type !== 'function' && tool.type !== 'custom') {
      refuse(`Invalid value: '${tool.type}'. Supported values are: 'function' and 'custom'. (tools[${i}].type)`)
    }
    checkFields(`tools.${i}`, tool, fields('type function custom cache_control'))
    const inner = record(tool[tool.type])
    if (tool.type === 'function') {
      checkFields(`tools.${i}.function`, inner, FUNCTION_FIELDS)
      checkParameters(inner.name, inner.parameters)
    }
    checkName(`tools[${i}].${tool.type}.name`, inner.name)
  })
  if (json.tools !== undefined && listOf(json.tools).length === 0) refuse("Invalid 'tools': empty array.")
  if (json.tool_choice !== undefined && json.tools === undefined) {
    refuse("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
  }
}

function checkMessage(at: string, message: Json): void {
  const role = String(message.role)
  const allowed = MESSAGE_FIELDS[role]
  if (allowed === undefined) {
    const known = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
    refuse(`Invalid value: '${role}'. Supported values are: ${known}. (${at}.role)`)
  }
  checkFields(at, message, allowed)
  const calls = listOf(message.tool_calls)
  if (message.tool_calls !== undefined && calls.length === 0) refuse(`Invalid '${at}.tool_calls': empty array.`)
  for (const [i, call] of calls.entries()) checkCall(`${at}.tool_calls[${i}]`, record(call))
  const mayBeEmpty = role === 'assistant' && (calls.length > 0 || typeof message.refusal === 'string')
  checkContent(at, role, message.content, mayBeEmpty)
}

function checkContent(at: string, role: string, content: unknown, mayBeEmpty: boolean): void {
  if (content === undefined || content === null) {
    if (mayBeEmpty) return
    refuse(`Invalid value for 'content': expected a string, got null. (${at}.content)`)
  }
  if (typeof content === 'string') return
  if (!Array.isArray(content)) refuse(`Invalid type for '${at}.content': expected a string or an array.`)
  const types = PART_TYPES[role] ?? ['text']
  content.map(record).forEach((part, i) => {
    if (types.includes(String(part.type))) return
    const place = `(${at}.content[${i}].type)`
    refuse(
      `Invalid value: '${part.type}'. Supported values are: ${types.map((type) => `'${type}'`).join(', ')}. ${place}`,
    )
  })
}

function checkCall(at: string, call: Json): void {
  checkFields(at, call, fields('id type function custom index'))
  if (typeof call.id !== 'string') refuse(`Missing required parameter: '${at}.id'.`)
  if (call.id.length > ID_CHARS_MAX) {
    refuse(`Invalid '${at}.id': string too long. Expected a string with maximum length ${ID_CHARS_MAX}.`)
  }
  if (call.type === 'custom') return
  if (!isObject(call.function)) refuse(`Missing required parameter: '${at}.function'.`)
  checkName(`${at}.function.name`, call.function.name)
  if (typeof call.function.arguments !== 'string') {
    refuse(`Invalid type for '${at}.function.arguments': expected a string.`)
  }
}

/** A name of a function, as both of OpenAI's interfaces take it. */
export function checkName(at: string, name: unknown): void {
  if (NAME.test(String(name ?? ''))) return
  refuse(`Invalid '${at}': string does not match pattern. Expected a string that matches the pattern '${NAME.source}'.`)
}

/** Every call is answered right after its message, and nothing else is. */
function checkPairs(messages: readonly Json[]): void {
  let open = new Set<unknown>()
  const close = (): void => {
    if (open.size === 0) return
    refuse(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
        `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    )
  }
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) {
        refuse("messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.")
      }
      continue
    }
    close()
    open = new Set(listOf(message.tool_calls).map((call) => record(call).id))
  }
  close()
}
