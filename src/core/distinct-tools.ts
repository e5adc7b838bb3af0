import type { ChatRequest, Tool } from './request.ts'

/** What was repaired in a request's tools: one was left out whose name another has. */
export type ToolRepair = 'tools.repeated'

/**
 * A request in which each function has a name of its own, as most servers insist on. Of several with one name the first
 * stays, for a call could mean only one of them; an exact copy of it is left out without a word. What is right already
 * stays the same object. Linear in the tools.
 */
export function distinctTools(request: ChatRequest): {
  readonly request: ChatRequest
  readonly repairs: readonly ToolRepair[]
} {
  if (isDistinct(request.tools)) return { request, repairs: NO_REPAIRS }
  const kept = new Map<string, Tool>()
  let repairs = NO_REPAIRS
  const tools = request.tools.filter((tool) => {
    if (tool.type !== 'function') return true
    const first = kept.get(tool.name)
    if (first === undefined) kept.set(tool.name, tool)
    else if (JSON.stringify(first) !== JSON.stringify(tool)) repairs = REPEATED
    return first === undefined
  })
  return { request: { ...request, tools }, repairs }
}

const NO_REPAIRS: readonly ToolRepair[] = Object.freeze([])
const REPEATED: readonly ToolRepair[] = Object.freeze(['tools.repeated'])

function isDistinct(tools: readonly Tool[]): boolean {
  const names = new Set<string>()
  for (const { type, name } of tools) {
    if (type !== 'function') continue
    if (names.has(name)) return false
    names.add(name)
  }
  return true
}
