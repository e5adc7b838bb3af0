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
  const body = typeof json === 'object' && json !== null ? json : {}
  if ('input' in body || 'previous_response_id' in body) return 'responses'
  if (ANTHROPIC_ONLY.some((name) => name in body)) return 'messages'
  if (OPENAI_ONLY.some((name) => name in body)) return 'chat'
  const tools: unknown = Reflect.get(body, 'tools')
  if (hasMember(tools, 'input_schema')) return 'messages'
  if (hasMember(tools, 'function')) return 'chat'
  const model: unknown = Reflect.get(body, 'model')
  return typeof model === 'string' && /claude|anthropic/i.test(model) ? 'messages' : 'chat'
}

function hasMember(list: unknown, name: string): boolean {
  return Array.isArray(list) && list.some((item) => typeof item === 'object' && item !== null && name in item)
}
