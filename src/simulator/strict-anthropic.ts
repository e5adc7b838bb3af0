import { isObject, type Json, listOf } from '../core/json.ts'
import { checkContent, checkTextBlocks, countCacheMarks, type HasBeta } from './anthropic-blocks.ts'
import { checkTurns } from './anthropic-turns.ts'
import type { Profile } from './profile.ts'
import { checkFields, fields, refuse } from './refused.ts'
import { record } from './request.ts'

const FIELDS = fields(
  'model messages max_tokens system stream stop_sequences tools tool_choice thinking output_config metadata service_tier speed inference_geo cache_control container diagnostics temperature top_p top_k',
)
const NOT_COUNTED = fields('max_tokens stream stop_sequences temperature top_p top_k')
const BETA_FIELDS: Readonly<Record<string, string>> = {
  compaction: 'compact-',
  mcp_servers: 'mcp-client-',
  fallbacks: 'server-side-fallback-',
  fallback_credit_token: 'fallback-credit-',
  billing_policy: 'fallback-credit-',
  thread: 'message-threads-',
  output_format: 'structured-outputs-',
}
const MESSAGE_FIELDS = fields('role content')
const TOOL_FIELDS = fields('type name description input_schema cache_control strict eager_input_streaming')
const BETA_TOOL_FIELDS = ['defer_loading', 'input_examples', 'allowed_callers']
const CACHE_MARKS_MAX = 4

/** Refuses what the Messages API refuses: missing, odd or unknown members, and beta members without their header. */
export function checkMessages(profile: Profile, headers: Headers, json: Json): void {
  if (!headers.has('anthropic-version')) refuse('anthropic-version: header is required')
  if (profile.operation === 'models') return
  const values = (headers.get('anthropic-beta') ?? '').split(',').map((value) => value.trim())
  const hasBeta: HasBeta = (...prefixes) => prefixes.some((prefix) => values.some((value) => value.startsWith(prefix)))
  const isCount = profile.operation === 'count_tokens'
  const betas = Object.entries(BETA_FIELDS).filter(([, prefix]) => hasBeta(prefix))
  const allowed = new Set([...FIELDS, ...betas.map(([field]) => field)])
  if (hasBeta('context-management-', 'compact-')) allowed.add('context_management')
  checkFields('', json, isCount ? allowed.difference(NOT_COUNTED) : allowed)
  checkTop(json, isCount, hasBeta)
  checkTools(json, hasBeta)
  for (const [i, message] of listOf(json.messages).entries()) checkMessage(`messages.${i}`, message, hasBeta)
  const marks = countCacheMarks(json)
  if (marks > CACHE_MARKS_MAX) {
    refuse(`A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks}.`)
  }
  checkTurns(listOf(json.messages).map(record))
  const isBegun = record(listOf(json.messages).at(-1)).role === 'assistant'
  if (isBegun && NO_PREFILL.test(String(json.model))) {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.')
  }
}

const NO_PREFILL = /claude-(opus|sonnet|haiku|fable|mythos)-(4-[6-9]|[5-9])/

function checkTop(json: Json, isCount: boolean, hasBeta: HasBeta): void {
  if (typeof json.model !== 'string' || json.model === '') refuse('model: Field required')
  if (!isCount && json.max_tokens === undefined) refuse('max_tokens: Field required')
  if (!isCount && !(Number.isInteger(json.max_tokens) && Number(json.max_tokens) >= 1)) {
    refuse('max_tokens: Input should be a valid integer greater than or equal to 1')
  }
  if (!Array.isArray(json.messages)) refuse('messages: Field required')
  if (json.messages.length === 0) refuse('messages: at least one message is required')
  if (json.system !== undefined && typeof json.system !== 'string') checkTextBlocks('system', json.system)
  if (json.stream !== undefined && typeof json.stream !== 'boolean') refuse('stream: Input should be a valid boolean')
  if (json.metadata !== undefined && json.metadata !== null)
    checkFields('metadata', record(json.metadata), fields('user_id'))
  if (record(json.output_config).task_budget !== undefined && !hasBeta('task-budgets-')) {
    refuse('output_config.task_budget: Extra inputs are not permitted')
  }
  checkFields('output_config', record(json.output_config), fields('effort format task_budget'))
  if (json.thinking !== undefined) checkThinking(json, hasBeta)
}

function checkThinking(json: Json, hasBeta: HasBeta): void {
  const thinking = record(json.thinking)
  if (!['adaptive', 'enabled', 'disabled', 'between_tools'].includes(String(thinking.type))) {
    refuse(`thinking: Input tag '${thinking.type}' found using 'type' does not match any of the expected tags`)
  }
  if (thinking.display === 'updates' && !hasBeta('thinking-display-updates-')) {
    refuse("thinking.display: Input should be 'summarized' or 'omitted'")
  }
  if (thinking.type !== 'disabled' && ['any', 'tool'].includes(String(record(json.tool_choice).type))) {
    refuse('Thinking may not be enabled when tool_choice forces tool use.')
  }
  if (thinking.type !== 'enabled') return
  const budget = Number(thinking.budget_tokens ?? Number.NaN)
  if (!(budget >= 1024)) refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  if (json.max_tokens !== undefined && budget >= Number(json.max_tokens)) {
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
}

function checkTools(json: Json, hasBeta: HasBeta): void {
  const hasToolBeta = hasBeta('advanced-tool-use-', 'tool-search-tool-', 'tool-examples-', 'mcp-client-')
  const allowed = new Set([...TOOL_FIELDS, ...(hasToolBeta ? BETA_TOOL_FIELDS : [])])
  const names = new Set<string>()
  listOf(json.tools).forEach((value, i) => {
    const tool = record(value)
    const isCustom = tool.type === undefined || tool.type === 'custom'
    const at = `tools.${i}${isCustom ? '.custom' : ''}`
    if (isCustom) {
      checkFields(at, tool, allowed)
      if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name ?? ''))) {
        refuse(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
      }
      if (!isObject(tool.input_schema)) refuse(`${at}.input_schema: Field required`)
      if (tool.input_schema.type !== 'object') refuse(`${at}.input_schema.type: Input should be 'object'`)
      if (Object.keys(tool.input_schema).some((key) => /^(oneOf|anyOf|allOf)$/.test(key))) {
        refuse(`${at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`)
      }
    }
    if (names.has(String(tool.name))) refuse('tools: Tool names must be unique.')
    names.add(String(tool.name))
  })
  const choice = record(json.tool_choice)
  if (json.tool_choice !== undefined && !['auto', 'any', 'tool', 'none'].includes(String(choice.type))) {
    refuse(`tool_choice: Input tag '${choice.type}' found using 'type' does not match any of the expected tags`)
  }
  if (choice.type === 'tool' && !names.has(String(choice.name))) {
    refuse(`tool_choice.tool.name: Tool '${choice.name}' not found in provided tools`)
  }
}

function checkMessage(at: string, value: unknown, hasBeta: HasBeta): void {
  const message = record(value)
  const { role } = message
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    refuse(`${at}.role: Input should be 'user' or 'assistant'`)
  }
  const allowed = new Set(MESSAGE_FIELDS)
  if (role === 'system' && hasBeta('per-turn-control-', 'mid-conversation-output-config-')) allowed.add('output_config')
  if (role === 'system' && hasBeta('mid-conversation-system-clear-at-')) allowed.add('clear_at')
  checkFields(at, message, allowed)
  checkContent(at, message, hasBeta)
}
