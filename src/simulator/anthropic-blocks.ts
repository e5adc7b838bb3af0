import { isObject, type Json, listOf } from '../core/json.ts'
import { checkFields, fields, refuse } from './refused.ts'
import { record } from './request.ts'

/** True if `anthropic-beta` names a value that starts so: dates change, features stay. */
export type HasBeta = (...prefixes: readonly string[]) => boolean

/** Members of each block that a client may send. */
const BLOCKS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: fields('type text cache_control citations'),
  image: fields('type source cache_control'),
  document: fields('type source cache_control title context citations'),
  search_result: fields('type source title content cache_control citations'),
  tool_use: fields('type id name input cache_control caller'),
  tool_result: fields('type tool_use_id content is_error cache_control'),
  thinking: fields('type thinking signature'),
  redacted_thinking: fields('type data'),
}
/** Blocks whose inside is not looked at. */
const OTHER_BLOCKS = fields(
  'server_tool_use web_search_tool_result web_fetch_tool_result code_execution_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result tool_search_tool_result container_upload',
)
const BETA_BLOCKS: Readonly<Record<string, readonly string[]>> = {
  tool_addition: ['mid-conversation-tool-changes-'],
  tool_removal: ['mid-conversation-tool-changes-'],
  tool_reference: ['advanced-tool-use-', 'tool-search-tool-'],
  mcp_tool_use: ['mcp-client-'],
  mcp_tool_result: ['mcp-client-'],
  mcp_tool_listing: ['mcp-client-'],
  compaction: ['compact-'],
  fallback: ['server-side-fallback-'],
  advisor_tool_result: ['advisor-tool-'],
}
const RESULT_BLOCKS = fields('text image search_result document tool_reference')
const ROLE_BLOCKS: Readonly<Record<string, string>> = {
  tool_use: 'assistant',
  thinking: 'assistant',
  tool_result: 'user',
}

export function checkContent(at: string, { role, content }: Json, hasBeta: HasBeta): void {
  if (content === undefined) refuse(`${at}.content: Field required`)
  if (typeof content === 'string') {
    if (content === '' && role !== 'assistant') refuse(`${at}: ${role} messages must have non-empty content`)
    return
  }
  if (!Array.isArray(content)) refuse(`${at}.content: Input should be a valid string or listOf`)
  if (content.length === 0 && role !== 'assistant') refuse(`${at}: ${role} messages must have non-empty content`)
  content.forEach((block, i) => {
    const type = String(record(block).type)
    const only = ROLE_BLOCKS[type]
    if (only !== undefined && only !== role) {
      refuse(`${at}.content.${i}: \`${type}\` blocks can only be in \`${only}\` messages`)
    }
    checkBlock(`${at}.content.${i}`, block, hasBeta)
  })
}

/** A system prompt in blocks. */
export function checkTextBlocks(at: string, value: unknown): void {
  if (!Array.isArray(value)) refuse(`${at}: Input should be a valid string or listOf`)
  value.forEach((block, i) => {
    if (record(block).type !== 'text') refuse(`${at}.${i}.type: Input should be 'text'`)
    checkBlock(`${at}.${i}`, block, () => false)
  })
}

function checkBlock(at: string, value: unknown, hasBeta: HasBeta): void {
  const block = record(value)
  const type = String(block.type)
  if (OTHER_BLOCKS.has(type)) return
  const beta = BETA_BLOCKS[type]
  if (beta !== undefined && hasBeta(...beta)) return
  const allowed = BLOCKS[type]
  if (allowed === undefined) {
    refuse(`${at}: Input tag '${type}' found using 'type' does not match any of the expected tags`)
  }
  checkFields(`${at}.${type}`, block, allowed)
  checkFields(`${at}.${type}.cache_control`, record(block.cache_control), CACHE_FIELDS)
  checkInside(at, type, block, hasBeta)
}

const CACHE_FIELDS = fields('type ttl')
const ID = /^[a-zA-Z0-9_-]+$/

function checkInside(at: string, type: string, block: Json, hasBeta: HasBeta): void {
  switch (type) {
    case 'text':
      if (typeof block.text !== 'string') refuse(`${at}.text.text: Field required`)
      if (block.text === '') refuse(`${at.split('.')[0]}: text content blocks must be non-empty`)
      return
    case 'image':
    case 'document':
      if (record(block.source).type === 'file' && !hasBeta('files-api-')) {
        refuse(`${at}.${type}.source: Input tag 'file' found using 'type' does not match any of the expected tags`)
      }
      if (!isObject(block.source)) refuse(`${at}.${type}.source: Field required`)
      return
    case 'tool_use':
      if (!ID.test(String(block.id ?? ''))) refuse(`${at}.tool_use.id: String should match pattern '${ID.source}'`)
      if (typeof block.name !== 'string' || block.name === '') refuse(`${at}.tool_use.name: Field required`)
      if (!isObject(block.input)) refuse(`${at}.tool_use.input: Input should be a valid dictionary`)
      return
    case 'tool_result':
      if (typeof block.tool_use_id !== 'string') refuse(`${at}.tool_result.tool_use_id: Field required`)
      listOf(block.content).forEach((inner, i) => {
        const place = `${at}.tool_result.content.${i}`
        if (!RESULT_BLOCKS.has(String(record(inner).type))) {
          refuse(
            `${place}: Input tag '${record(inner).type}' found using 'type' does not match any of the expected tags`,
          )
        }
        checkBlock(place, inner, hasBeta)
      })
      return
    case 'thinking':
      if (typeof block.thinking !== 'string') refuse(`${at}.thinking.thinking: Field required`)
      if (typeof block.signature !== 'string') refuse(`${at}.thinking.signature: Field required`)
      if (block.signature === '') refuse(`${at}: Invalid \`signature\` in \`thinking\` block`)
  }
}

/** Cache breakpoints of a whole request, the automatic one included. */
export function countCacheMarks(json: Json): number {
  const contents = listOf(json.messages).flatMap((message) => listOf(record(message).content))
  const carriers = [json, ...listOf(json.tools), ...listOf(json.system), ...contents]
  return carriers.filter((carrier) => isObject(record(carrier).cache_control)).length
}
