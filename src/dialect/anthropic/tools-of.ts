import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { listOf, textOf, tryObject } from '../../core/json.ts'

/** Top-level members that `toolsOf` reads. */
export const TOOL_MEMBERS = ['tools', 'mcp_servers'] as const

/** What a Messages request lets the model use: `tools`, and the MCP servers that the vendor would call. */
export function toolsOf({ json }: Envelope): readonly OfferedTool[] {
  return [...listOf(json.tools).map(toolOf), ...listOf(json.mcp_servers).map(serverOf)]
}

function toolOf(value: unknown, i: number): OfferedTool {
  const tool = tryObject(value) ?? {}
  const path = `tools.${i}`
  const name = textOf(tool.name)
  const type = textOf(tool.type)
  if (type === '' || type === 'custom') return { name, alias: null, path: `${path}.name` }
  if (type === 'mcp_toolset') return { name: `mcp__${textOf(tool.mcp_server_name)}`, alias: null, path }
  const untimed = type.replace(/_\d{8}$/, '')
  const model = textOf(tool.model)
  return { name: untimed, alias: name === untimed || name === '' ? null : name, path, ...(model !== '' && { model }) }
}

function serverOf(value: unknown, i: number): OfferedTool {
  return { name: `mcp__${textOf(tryObject(value)?.name)}`, alias: null, path: `mcp_servers.${i}` }
}
