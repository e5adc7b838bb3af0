import { listOf, textOf, tryObject } from '../core/json.ts'

/** The surfaces whose requests can be told apart by their bodies. */
export const SURFACE_NAMES = ['messages', 'chat', 'responses'] as const
export type SurfaceName = (typeof SURFACE_NAMES)[number]

const ANTHROPIC_ONLY = ['system', 'stop_sequences', 'thinking', 'context_management', 'output_config', 'top_k'] as const
const OPENAI_ONLY = [
  'max_completion_tokens',
  'response_format',
  'stream_options',
  'reasoning_effort',
  'stop',
  'n',
] as const

/** Which interface a captured body was meant for; a body that fits both is taken for what its model suggests. */
export function guessSurface(json: unknown): SurfaceName {
  const body = tryObject(json) ?? {}
  if ('input' in body || 'previous_response_id' in body) return 'responses'
  if (ANTHROPIC_ONLY.some((name) => name in body)) return 'messages'
  if (OPENAI_ONLY.some((name) => name in body)) return 'chat'
  const tools = listOf(body.tools).map(tryObject)
  if (tools.some((tool) => tool?.input_schema !== undefined)) return 'messages'
  if (tools.some((tool) => tool?.function !== undefined)) return 'chat'
  return /claude|anthropic/i.test(textOf(body.model)) ? 'messages' : 'chat'
}
