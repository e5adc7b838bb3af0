import type { DialectId } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import type { ChatRequest, Tool } from '../core/request.ts'

/** Tools with which a vendor looks something up by itself, as each dialect has them. */
const SEARCHES = /^(openrouter:)?(web_search|web_fetch|file_search)(_|$)/

/**
 * Refuses a request that is there for a search alone, as Claude Code's WebSearch sends one, where the server's dialect
 * has no such tool: without it the model would make the results up. One that merely lists a search beside other tools goes
 * on without it.
 *
 * @param own the dialect of the server
 * @throws ProxyError `invalid_request`: another target may have the tool
 */
export function refuseLostSearch(request: Pick<ChatRequest, 'tools' | 'toolChoice' | 'opaque'>, own: DialectId): void {
  const at = request.tools.findIndex((tool) => isLostSearch(tool, own))
  if (at < 0 || !isAskedFor(request, own)) return
  const message = `tools.${at}: no search was made, for the provider of this model has no ${request.tools[at]?.name} of its own`
  throw new ProxyError('invalid_request', message, { detail: { path: `tools.${at}` } })
}

/** Whether there is nothing else to be used, or nothing else may be used first. */
function isAskedFor({ tools, toolChoice, opaque }: Parameters<typeof refuseLostSearch>[0], own: DialectId): boolean {
  if (toolChoice.type === 'none') return false
  if (tools.every((tool) => isLostSearch(tool, own))) return true
  const forced = toolChoice.type === 'tool' ? toolChoice.name : forcedType(opaque?.members.tool_choice)
  return tools.some((tool) => tool.name === forced) && tools.every((t) => t.name !== forced || isLostSearch(t, own))
}

/** Responses and OpenRouter force a tool of the server's own by its type. */
function forcedType(choice: unknown): unknown {
  return Object(choice).type
}

function isLostSearch(tool: Tool, own: DialectId): boolean {
  return tool.type === 'opaque' && tool.opaque.dialect !== own && SEARCHES.test(String(tool.opaque.members.type))
}
