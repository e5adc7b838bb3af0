import type { Block } from '../../core/block.ts'
import type { ChatRequest } from '../../core/request.ts'
import { type ToolNames, toolNames } from '../tools/tool-names.ts'

/** @see Anthropic, "Define tools", name of a client tool, 2026 */
const LEGAL = /^[A-Za-z0-9_-]{1,128}$/

/** Names of tools as the API takes them, and back. */
export function legalNames(request: ChatRequest): ToolNames {
  return toolNames(request, LEGAL)
}

/**
 * A request whose tools have names that the API takes, wherever it names them; the same one where all have. Chat servers
 * of other vendors take dots and slashes, which clients put between an MCP server and its tool.
 */
export function withLegalNames(request: ChatRequest): ChatRequest {
  const { tools, turns, toolChoice } = request
  const isLegal =
    tools.every(({ type, name }) => type === 'opaque' || LEGAL.test(name)) &&
    turns.every(({ blocks }) => blocks.every((block) => block.type !== 'tool_use' || LEGAL.test(block.name)))
  if (isLegal) return request
  const { toWire } = legalNames(request)
  const renamed = (block: Block): Block => (block.type === 'tool_use' ? { ...block, name: toWire(block.name) } : block)
  return {
    ...request,
    tools: tools.map((tool) => (tool.type === 'opaque' ? tool : { ...tool, name: toWire(tool.name) })),
    turns: turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(renamed) })),
    toolChoice: toolChoice.type === 'tool' ? { ...toolChoice, name: toWire(toolChoice.name) } : toolChoice,
  }
}
