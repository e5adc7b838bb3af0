import type { Block } from '../core/block.ts'
import type { DialectId, Dropped } from '../core/dialect.ts'
import type { Opaque } from '../core/opaque.ts'
import type { Turn } from '../core/request.ts'

/** Wire members and blocks of other dialects that may be named in a header or a metric; all others are `unknown`. */
const NAMED = new Set([
  'additional_tools',
  'allowed_callers',
  'apply_patch',
  'async',
  'audio',
  'cache_control',
  'citationsContent',
  'codeExecutionResult',
  'clear_at',
  'code_execution_tool_result',
  'code_interpreter',
  'code_interpreter_call',
  'compaction',
  'container',
  'container_upload',
  'context',
  'context_management',
  'custom',
  'defer_loading',
  'description',
  'detail',
  'diagnostics',
  'display',
  'document',
  'eager_input_streaming',
  'effort',
  'executableCode',
  'fallbacks',
  'fileData',
  'file_search',
  'file_search_call',
  'frequency_penalty',
  'image',
  'image_generation',
  'image_generation_call',
  'include',
  'inference_geo',
  'inlineData',
  'input_audio',
  'input_examples',
  'item_reference',
  'local_shell',
  'local_shell_call',
  'local_shell_call_output',
  'logit_bias',
  'logprobs',
  'max_tool_calls',
  'mcp',
  'mcp_servers',
  'mcp_tool_result',
  'mcp_tool_use',
  'metadata',
  'modalities',
  'moderation',
  'name',
  'namespace',
  'output_config',
  'output_schema',
  'parallel_tool_calls',
  'phase',
  'prediction',
  'prefix',
  'presence_penalty',
  'prompt_cache_options',
  'prompt_cache_retention',
  'redacted_thinking',
  'response_format',
  'search_result',
  'seed',
  'server_tool_use',
  'service_tier',
  'shell',
  'speed',
  'store',
  'stream_options',
  'strict',
  'task_budget',
  'text.format',
  'tool_addition',
  'tool_choice',
  'tool_reference',
  'tool_removal',
  'tool_search',
  'tool_search_call',
  'tool_search_output',
  'tool_search_tool_result',
  'top_logprobs',
  'truncation',
  'verbosity',
  'web_fetch_tool_result',
  'web_search',
  'web_search_call',
  'web_search_options',
  'web_search_preview',
  'web_search_tool_result',
])

/** Collects what a request loses, each feature once. Names are a closed set: never text of the client's. */
export interface DropList {
  add(name: Dropped): void
  /** Names the members of `opaque` as `prefix.member`, unless they are of the own dialect and will be written back. */
  addOpaque(prefix: string, opaque: Opaque | undefined): void
  /** Names the members of turns, whatever becomes of their blocks. */
  addTurns(turns: readonly Turn[]): void
  /** Names what every block may carry and the dialect has no place for. */
  addCarrier(block: Exclude<Block, { type: 'opaque' }>): void
  names(): readonly Dropped[]
}

/** @param own the dialect that the request is written in */
export function openDropList(own: DialectId): DropList {
  const names = new Set<Dropped>()
  const list: DropList = {
    add: (name) => names.add(name),
    addOpaque(prefix, opaque) {
      if (opaque !== undefined && opaque.dialect !== own) nameMembers(opaque, prefix, list.add)
    },
    addTurns(turns) {
      for (const { opaque } of turns) list.addOpaque('turn', opaque)
    },
    addCarrier(block) {
      if (block.cache !== undefined) names.add('cache_control')
      if (block.opaque !== undefined) list.addOpaque('block', block.opaque)
    },
    names: () => [...names],
  }
  return list
}

/** `request` members stand alone, like `context_management`; others are prefixed: `tools.defer_loading`. */
export function droppedName(prefix: string, member: string): Dropped {
  const name = NAMED.has(member) ? member : 'unknown'
  return prefix === 'request' && name !== 'unknown' ? name : `${prefix}.${name}`
}

/** Names what is lost with members of another dialect, as `prefix.member`. */
export function nameMembers({ members }: Opaque, prefix: string, drop: (name: Dropped) => void): void {
  for (const member in members) if (!isHeeded(member, members[member])) drop(droppedName(prefix, member))
}

/**
 * Not to keep an answer, and to look at a picture as closely as it sees fit, is what every server does that never hears
 * of it; what a session is called, lynkr acts on.
 */
function isHeeded(member: string, value: unknown): boolean {
  if (member === 'store') return value === false
  return member === 'prompt_cache_key' || (member === 'detail' && value === 'auto')
}
