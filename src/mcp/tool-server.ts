import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Scheduler } from '../core/clock.ts'
import type { CommandCaller, CommandInfo, CommandResult, Commands } from '../core/commands.ts'
import { toProxyError } from '../core/errors.ts'
import type { Cancellations } from './cancellations.ts'

export interface ToolServerOptions {
  readonly commands: Commands
  readonly scheduler: Scheduler
  readonly version: string
  readonly caller: CommandCaller
  readonly cancellations: Cancellations
  /** Caller and session, for cancellations; `null` without a session. */
  readonly scope: string | null
  /** Aborts when the client's connection closes. */
  readonly client: AbortSignal
}

/** Pause between two signs of life of a running call, ms; only clients that ask for progress get them. */
const PROGRESS_MS = 10_000

/** An MCP server over one caller's commands: list them as tools, call one. */
export function createToolServer(options: ToolServerOptions): Server {
  const { commands, caller } = options
  const server = new Server(
    { name: 'lynkr', title: 'lynkr commands', version: options.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  )

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: commands.list(caller).map(toTool) }))

  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const call = options.cancellations.open(options.scope, extra.requestId)
    const token = extra._meta?.progressToken
    let seconds = 0
    const stopProgress = options.scheduler.every(PROGRESS_MS, () => {
      if (token === undefined) return
      seconds += PROGRESS_MS / 1000
      const params = { progressToken: token, progress: seconds, message: `running for ${seconds} s` }
      extra.sendNotification({ method: 'notifications/progress', params }).catch(() => stopProgress())
    })
    try {
      const signal = AbortSignal.any([options.client, extra.signal, call.signal])
      return await callTool(options, request.params.name, request.params.arguments ?? {}, signal)
    } finally {
      stopProgress()
      call.done()
    }
  })
  return server
}

const INSTRUCTIONS =
  'Each tool runs one fixed program in a container without network. Paths are relative to its workspace.'

function toTool({ name, description, inputSchema, writes }: CommandInfo) {
  const annotations = { readOnlyHint: !writes, destructiveHint: writes, openWorldHint: false }
  return { name, description, inputSchema: { ...inputSchema, type: 'object' as const }, annotations }
}

/** A refusal is a result the model can read and learn from; only an unknown tool is an error of the protocol. */
async function callTool(
  { commands, caller }: ToolServerOptions,
  name: string,
  values: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
) {
  let text = ''
  try {
    const result = await commands.run(caller, name, values, {
      signal,
      onOutput(output) {
        text += output.text
      },
    })
    return toolResult(text + noteOf(result), result.ending !== 'exited' || result.exitCode !== 0)
  } catch (thrown) {
    const error = toProxyError(thrown)
    if (error.kind === 'not_found') throw new McpError(ErrorCode.InvalidParams, `there is no tool of this name`)
    if (error.kind === 'internal') throw new McpError(ErrorCode.InternalError, error.message)
    return toolResult(`${error.kind}: ${error.message}`, true)
  }
}

function toolResult(text: string, isError: boolean) {
  return { content: [{ type: 'text' as const, text: text === '' ? '(no output)' : text }], isError }
}

/** How a run ended, unless it just succeeded. */
function noteOf(result: CommandResult): string {
  switch (result.ending) {
    case 'exited':
      return result.exitCode === 0 ? '' : `\n[exit code ${result.exitCode}]`
    case 'timeout':
      return '\n[killed at its time limit]'
    case 'output_cap':
      return `\n[killed at its output limit of ${result.outputBytes} bytes]`
    case 'cancelled':
      return '\n[cancelled]'
  }
}
