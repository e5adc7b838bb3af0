import type { DialectId } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import type { ChatRequest, Tool } from '../core/request.ts'

/** Tools with which a vendor looks something up by itself, as each dialect has them. */
const SEARCHES = /^(openrouter:)?(web_search|web_fetch|file_search)(_|$)/

type Searching = Pick<ChatRequest, 'tools' | 'toolChoice' | 'opaque'>

/**
 * Refuses a request that is there for a search alone, as Claude Code's WebSearch sends one, where the server's dialect
 * has no such tool: without it the model would make the results up. One that merely lists a search, beside other tools or
 * in a chat, goes on without it.
 *
 * @param own the dialect of the server
 * @param isOfAgent its client has tools of its own, and leaves them out only where it wants nothing but the search
 * @throws ProxyError `invalid_request`: another target may have the tool
 */
export function refuseLostSearch(request: Searching, own: DialectId, isOfAgent: boolean): void {
  const at = request.tools.findIndex((tool) => isLostSearch(tool, own))
  if (at < 0 || !(isForced(request, own) || (isOfAgent && isAllThereIs(request, own)))) return
  const message = `tools.${at}: no search was made, for the provider of this model has no ${request.tools[at]?.name} of its own`
  throw new ProxyError('invalid_request', message, { detail: { path: `tools.${at}` } })
}

/** Whether nothing else may be used first. */
function isForced({ tools, toolChoice, opaque }: Searching, own: DialectId): boolean {
  const forced = toolChoice.type === 'tool' ? toolChoice.name : forcedType(opaque?.members.tool_choice)
  return tools.some((tool) => tool.name === forced) && tools.every((t) => t.name !== forced || isLostSearch(t, own))
}

function isAllThereIs({ tools, toolChoice }: Searching, own: DialectId): boolean {
  return toolChoice.type !== 'none' && tools.every((tool) => isLostSearch(tool, own))
}

/** Responses and OpenRouter force a tool of the server's own by its type. */
function forcedType(choice: unknown): unknown {
  return Object(choice).type
}

function isLostSearch(tool: Tool, own: DialectId): boolean {
  return tool.type === 'opaque' && tool.opaque.dialect !== own && SEARCHES.test(String(tool.opaque.members.type))
}
