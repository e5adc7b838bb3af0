import { type Context, Hono } from 'hono'
import type { Scheduler } from '../core/clock.ts'
import type { CommandCaller, CommandInfo, CommandPlan, Commands } from '../core/commands.ts'
import { connectionOf } from '../core/connection.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { isObject } from '../core/json.ts'
import { COMMAND_BODY_BYTES_MAX } from '../core/limits.ts'
import { parseBody, readBody } from '../core/read-body.ts'
import { clientClosed, clientSignal } from './client-signal.ts'
import { type AccountingDeps, CommandAccount } from './command-account.ts'
import { commandStream, resultOnWire, type StartRun, timedOut } from './command-stream.ts'

export interface CommandRoutesDeps extends AccountingDeps {
  readonly commands: Commands
  readonly scheduler: Scheduler
  /** Who asks. Throws `unauthenticated` or `forbidden`: commands always need a key, on loopback too. */
  authenticate(request: Request): CommandCaller | Promise<CommandCaller>
}

/**
 * `GET /v1/commands`, `POST /v1/commands/{name}` with the values as JSON body, and the same with `?dry_run=1`.
 *
 * A run answers JSON when it has ended, or server-sent events (`output`, `ping`, then `result` or `error`) to a client
 * that accepts `text/event-stream`. A client that goes away kills its command. Each is counted and logged as every request
 * is. Errors are thrown: the application that mounts these routes answers them, under the id in the variable `requestId`.
 */
export function createCommandRoutes(deps: CommandRoutesDeps): Hono {
  const app = new Hono()

  const answer = async (c: Context, call: (account: CommandAccount) => Promise<Response>): Promise<Response> => {
    const account = new CommandAccount(deps, c.req.raw)
    c.set('requestId', account.requestId)
    try {
      const response = await call(account)
      account.sign(response.headers)
      return response
    } catch (thrown) {
      account.settle(toProxyError(thrown).traits.wire.anthropic.status, thrown)
      throw thrown
    }
  }
  app.get('/v1/commands', (c) =>
    answer(c, async (account) => {
      const caller = account.admitted(await deps.authenticate(c.req.raw))
      return answerWhole(account, { object: 'list', data: deps.commands.list(caller).map(infoOnWire) }, null)
    }),
  )
  app.post('/v1/commands/:name', (c) => answer(c, (account) => call(c, deps, account)))
  return app
}

async function call(c: Context, deps: CommandRoutesDeps, account: CommandAccount): Promise<Response> {
  const caller = account.admitted(await deps.authenticate(c.req.raw))
  const body = await readBody(c.req.raw, COMMAND_BODY_BYTES_MAX)
  const isStream = c.req.header('accept')?.includes('text/event-stream') === true
  account.asked(isStream && !isDryRun(c), body.byteLength)
  const values = valuesOf(body, c.req.raw.headers)
  const connection = connectionOf(c.env)
  connection.keepOpen()
  const name = c.req.param('name') ?? ''
  if (isDryRun(c)) return answerWhole(account, planOnWire(await deps.commands.plan(caller, name, values)), null)
  const signal = clientSignal(c.req.raw)
  const start: StartRun = (onOutput, abort) => deps.commands.run(caller, name, values, { signal: abort, onOutput })
  if (isStream) return commandStream(start, { client: signal, scheduler: deps.scheduler, connection, account })
  return await runWhole(start, signal, account)
}

async function runWhole(start: StartRun, signal: AbortSignal, account: CommandAccount): Promise<Response> {
  const text = { stdout: '', stderr: '' }
  const result = await start((output) => {
    text[output.stream] += output.text
  }, signal)
  if (result.ending === 'cancelled') throw clientClosed()
  const told = { ...resultOnWire(result), ...text }
  if (result.ending !== 'timeout') return answerWhole(account, told, null)
  const timeout = timedOut()
  const error = { type: 'timeout_error', code: timeout.kind, message: timeout.message }
  return answerWhole(account, { type: 'error', error, ...told }, timeout)
}

function answerWhole(account: CommandAccount, body: object, error: ProxyError | null): Response {
  const text = JSON.stringify(body)
  const status = error === null ? 200 : error.traits.wire.anthropic.status
  account.wrote(text)
  account.settle(status, error)
  return new Response(text, { status, headers: { 'content-type': 'application/json' } })
}

/** The values of a call: a JSON object, or nothing. Throws `unsupported_media_type`, `invalid_request`. */
function valuesOf(body: Uint8Array, headers: Headers): Readonly<Record<string, unknown>> {
  if (body.byteLength === 0) return {}
  if (!/^application\/json\s*(?:;|$)/i.test(headers.get('content-type') ?? '')) {
    throw new ProxyError('unsupported_media_type', 'send the values as application/json')
  }
  const values = parseBody(body)
  if (isObject(values)) return values
  throw new ProxyError('invalid_request', 'the body must be a JSON object of values by parameter name')
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
