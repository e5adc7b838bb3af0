import { inlineRefs } from '../../core/inline-refs.ts'
import type { Json } from '../../core/json.ts'
import type { DropList } from '../dropped.ts'

/** Words that a model does nothing wrong without. */
const IDLE: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', '$defs', 'definitions', 'title'])

/**
 * A tool's schema with nothing but its type and members at the top: Nova refuses every other word there, `$schema`,
 * `additionalProperties` and definitions among them, which stand in every tool of Claude Code's and of most MCP servers.
 *
 * @see Amazon Nova User Guide, "Defining a tool", 2026
 */
export function bareSchema(parameters: Json, dropped: DropList): Json {
  const inlined = inlineRefs(parameters)
  if (inlined?.isCut === true) dropped.add('tools.recursion')
  const { type = 'object', properties = {}, required, ...others } = inlined?.schema ?? parameters
  const isTold = Object.entries(others).every(([key, value]) => IDLE.has(key) || isClosing(key, value))
  if (inlined === null || !isTold) dropped.add('tools.schema')
  return { type, properties, ...(required !== undefined && { required }) }
}

/** Without it a model may make members up, but seldom does. */
function isClosing(key: string, value: unknown): boolean {
  return key === 'additionalProperties' && value === false
}
