import { type Context, Hono } from 'hono'
import type { Scheduler } from '../core/clock.ts'
import type { CommandCaller, CommandInfo, CommandPlan, Commands } from '../core/commands.ts'
import { connectionOf } from '../core/connection.ts'
import { ProxyError } from '../core/errors.ts'
import { COMMAND_BODY_BYTES_MAX } from '../core/limits.ts'
import { clientSignal } from './client-signal.ts'
import { commandStream, resultOnWire, type StartRun } from './command-stream.ts'
import { readBody } from './read-body.ts'

export interface CommandRoutesDeps {
  readonly commands: Commands
  readonly scheduler: Scheduler
  /** Who asks. Throws `unauthenticated` or `forbidden`: commands always need a key, on loopback too. */
  authenticate(request: Request): CommandCaller | Promise<CommandCaller>
}

/**
 * `GET /v1/commands`, `POST /v1/commands/{name}` with the values as JSON body, and the same with `?dry_run=1`.
 *
 * A run answers JSON when it has ended, or server-sent events (`output`, `ping`, then `result` or `error`) to a client
 * that accepts `text/event-stream`. A client that goes away kills its command. Errors are thrown: the application that
 * mounts these routes answers them.
 */
export function createCommandRoutes(deps: CommandRoutesDeps): Hono {
  const app = new Hono()

  app.get('/v1/commands', async (c) => {
    const caller = await deps.authenticate(c.req.raw)
    return c.json({ object: 'list', data: deps.commands.list(caller).map(infoOnWire) })
  })

  app.post('/v1/commands/:name', async (c) => {
    const caller = await deps.authenticate(c.req.raw)
    const values = await readValues(c.req.raw)
    const connection = connectionOf(c.env)
    connection.keepOpen()
    const name = c.req.param('name')
    if (isDryRun(c)) return c.json(planOnWire(await deps.commands.plan(caller, name, values)))
    const signal = clientSignal(c.req.raw)
    const start: StartRun = (onOutput, abort) => deps.commands.run(caller, name, values, { signal: abort, onOutput })
    if (c.req.header('accept')?.includes('text/event-stream')) {
      return commandStream(start, { client: signal, scheduler: deps.scheduler, connection })
    }
    return answerWhole(c, start, signal)
  })

  return app
}

async function answerWhole(c: Context, start: StartRun, signal: AbortSignal): Promise<Response> {
  const text = { stdout: '', stderr: '' }
  const result = await start((output) => {
    text[output.stream] += output.text
  }, signal)
  if (result.ending === 'cancelled') throw new ProxyError('client_closed', 'the client closed the connection')
  if (result.ending !== 'timeout') return c.json({ ...resultOnWire(result), ...text })
  const error = { type: 'timeout_error', code: 'sandbox_timeout', message: 'the command ran into its time limit' }
  return c.json({ type: 'error', error, ...resultOnWire(result), ...text }, 504)
}

/** The values of a call: a JSON object, or nothing. Throws `unsupported_media_type`, `request_too_large`, `invalid_request`. */
async function readValues(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const body = await readBody(request, COMMAND_BODY_BYTES_MAX)
  if (body.byteLength === 0) return {}
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new ProxyError('unsupported_media_type', 'send the values as application/json')
  }
  const values = parseJson(body)
  if (isRecord(values)) return values
  throw new ProxyError('invalid_request', 'the body must be a JSON object of values by parameter name')
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw new ProxyError('invalid_request', 'the body is not valid JSON', { cause: error })
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDryRun(c: Context): boolean {
  const value = c.req.query('dry_run')
  return value !== undefined && value !== '0' && value !== 'false'
}

export function infoOnWire({ name, description, writes, inputSchema }: CommandInfo) {
  return { name, description, writes, input_schema: inputSchema }
}

export function planOnWire(plan: CommandPlan) {
  const { command, verdict, denial, argv, engineArgv, image } = plan
  return { command, verdict, denial, argv, engine_argv: engineArgv, image }
}
