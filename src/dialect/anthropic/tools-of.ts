import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { asText, asWire, type Wire } from './wire.ts'

/** Top-level members that `toolsOf` reads. */
export const TOOL_MEMBERS = ['tools', 'mcp_servers'] as const

/** What a Messages request lets the model use: `tools`, and the MCP servers that the vendor would call. */
export function toolsOf({ json }: Envelope): readonly OfferedTool[] {
  return [...listAt(json, 'tools').map(toolOf), ...listAt(json, 'mcp_servers').map(serverOf)]
}

function toolOf(value: unknown, i: number): OfferedTool {
  const tool = asWire(value) ?? {}
  const path = `tools.${i}`
  const name = asText(tool.name)
  const type = asText(tool.type)
  if (type === '' || type === 'custom') return { name, alias: null, path: `${path}.name` }
  if (type === 'mcp_toolset') return { name: `mcp__${asText(tool.mcp_server_name)}`, alias: null, path }
  const untimed = type.replace(/_\d{8}$/, '')
  const model = asText(tool.model)
  return { name: untimed, alias: name === untimed || name === '' ? null : name, path, ...(model !== '' && { model }) }
}

function serverOf(value: unknown, i: number): OfferedTool {
  return { name: `mcp__${asText(asWire(value)?.name)}`, alias: null, path: `mcp_servers.${i}` }
}

function listAt(json: Wire, member: string): readonly unknown[] {
  const value = json[member]
  return Array.isArray(value) ? value : []
}
