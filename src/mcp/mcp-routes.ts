import { StreamableHTTPTransport } from '@hono/mcp'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js'
import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Scheduler } from '../core/clock.ts'
import type { CommandCaller, Commands } from '../core/commands.ts'
import { type ConnectionControl, connectionOf } from '../core/connection.ts'
import { type ErrorKind, ProxyError, toProxyError } from '../core/errors.ts'
import { isObject } from '../core/json.ts'
import { COMMAND_BODY_BYTES_MAX } from '../core/limits.ts'
import { secureBytes } from '../core/random.ts'
import { parseBody, readBody } from '../core/read-body.ts'
import type { Cancellations } from './cancellations.ts'
import { createToolServer } from './tool-server.ts'

export interface McpDeps {
  readonly commands: Commands
  readonly scheduler: Scheduler
  readonly cancellations: Cancellations
  /** Shown to clients as the server's version. */
  readonly version: string
  /** Who asks. Throws `unauthenticated` or `forbidden`. */
  authenticate(request: Request): CommandCaller | Promise<CommandCaller>
  /** Told why a request is refused, before it is answered. */
  onRefused(request: Request, error: ProxyError): void
}

const SESSION = 'mcp-session-id'

/**
 * `/mcp`: the caller's commands as MCP tools over Streamable HTTP. Every POST stands alone, so that any instance can
 * answer it; the session id only tells which running call a `notifications/cancelled` means, which every worker is told.
 */
export function createMcpRoutes(deps: McpDeps): Hono {
  const app = new Hono()

  app.post('/mcp', async (c) => {
    try {
      return await answer(c, deps)
    } catch (thrown) {
      // The transport's own refusals come with their answer.
      if (thrown instanceof HTTPException) return thrown.getResponse()
      const error = toProxyError(thrown)
      deps.onRefused(c.req.raw, error)
      return refuse(error)
    }
  })
  app.all('/mcp', (c) => {
    const error = new ProxyError('method_not_allowed', 'send JSON-RPC by POST')
    deps.onRefused(c.req.raw, error)
    return refuse(error, { allow: 'POST' })
  })
  return app
}

async function answer(c: Context, deps: McpDeps): Promise<Response> {
  const caller = await deps.authenticate(c.req.raw)
  const version = c.req.header('mcp-protocol-version')
  const body = parseBody(await readBody(c.req.raw, COMMAND_BODY_BYTES_MAX))
  const messages = messagesOf(body, version)
  refuseVersion(version)
  const connection = connectionOf(c.env)
  connection.keepOpen()
  const session = c.req.header(SESSION)
  // Without one, any other client of the key could be meant: there a call ends with its connection.
  const scope = session === undefined || session === '' ? null : `${caller.id}\n${session}`
  for (const { method, params } of messages) {
    if (method === 'notifications/cancelled') cancel(deps.cancellations, scope, params)
    if (method === 'initialize') c.header(SESSION, secureBytes(16).toHex())
  }
  const server = createToolServer({ ...deps, caller, scope, client: c.req.raw.signal })
  const transport = new StreamableHTTPTransport()
  await server.connect(transport)
  const response = await transport.handleRequest(c, body)
  return response === undefined ? new Response(null, { status: 202 }) : thenRest(response, connection)
}

/** The transport writes a stream by itself, and tells nobody when it is at its end. */
function thenRest(response: Response, connection: Pick<ConnectionControl, 'rest'>): Response {
  const body = response.body?.pipeThrough(new TransformStream({ flush: () => connection.rest() })) ?? null
  return new Response(body, response)
}

/** JSON-RPC's ids are texts and numbers; anything else names no call. */
function cancel(cancellations: Cancellations, scope: string | null, params: unknown): void {
  const id = isObject(params) ? params.requestId : undefined
  if (typeof id === 'string' || typeof id === 'number') cancellations.cancel(scope, id)
}

/** The version that has batches, whose clients need not name it with each request; no later one has them. */
const BATCH_VERSION = '2025-03-26'
/** As many calls as may wait for a place in the sandbox. */
const BATCH_MESSAGES_MAX = 64

/** One JSON-RPC message, or a batch of them. */
function messagesOf(body: unknown, version: string | undefined): readonly Readonly<Record<string, unknown>>[] {
  if (isObject(body)) return [body]
  if (!Array.isArray(body) || (version !== undefined && version !== BATCH_VERSION)) {
    throw new ProxyError('invalid_request', 'the body must be one JSON-RPC message')
  }
  if (body.length > 0 && body.length <= BATCH_MESSAGES_MAX && body.every(isObject)) return body
  throw new ProxyError('invalid_request', `a batch must have 1 to ${BATCH_MESSAGES_MAX} JSON-RPC messages`)
}

/** The transport would answer 404, which tells a client to begin a session anew, and again. */
function refuseVersion(version: string | undefined): void {
  if (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(', ')
  throw new ProxyError('invalid_request', `MCP-Protocol-Version: must be one of ${known}`)
}

/** Codes of JSON-RPC 2.0; -32000 is "server error". */
const CODES: Partial<Record<ErrorKind, number>> = { invalid_request: -32600, internal: -32603 }

/** What stops a message before it is understood, in JSON-RPC's own envelope. */
function refuse(error: ProxyError, headers: Record<string, string> = {}): Response {
  const { status } = error.traits.wire.openai
  const body = { jsonrpc: '2.0', error: { code: CODES[error.kind] ?? -32000, message: error.message }, id: null }
  const challenge = error.kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}
  return Response.json(body, { status, headers: { ...headers, ...challenge } })
}
