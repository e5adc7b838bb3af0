import { type Context, Hono } from 'hono'
import { TrieRouter } from 'hono/router/trie-router'
import { connectionOf } from '../core/connection.ts'
import type { Surface } from '../core/dialect.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { ECHO_CHARS_MAX } from '../core/limits.ts'
import type { SurfaceLabel } from '../core/record.ts'
import { newRequestId } from '../core/request-id.ts'
import { StoreError } from '../core/store.ts'
import { handleChat } from '../pipeline/handle-chat.ts'
import { handleCountTokens } from '../pipeline/handle-count-tokens.ts'
import { handleEmbeddings } from '../pipeline/handle-embeddings.ts'
import { handleModel, handleModels } from '../pipeline/handle-models.ts'
import type { Inbound, Outbound, PipelineDeps } from '../pipeline/ports.ts'
import { refusalHeaders, refuseAtTheDoor } from '../pipeline/refuse.ts'
import { refuseHandshake } from '../pipeline/refuse-handshake.ts'
import { shedAtTheDoor } from '../pipeline/shed.ts'
import { type AdminDeps, createAdminRoutes } from './admin.ts'
import { pathOf, routedPath, WebInbound } from './inbound.ts'
import { mountOperations, type OperationsDeps } from './operations.ts'
import { toResponse } from './respond.ts'
import { openResponsesSocket } from './responses-socket.ts'
import { asksForSocket, tryUpgrade } from './socket.ts'
import { modelsSurface, type Surfaces, surfaceOf } from './surface-of.ts'

/** What the HTTP room needs besides the pipeline. */
export interface AppDeps extends OperationsDeps {
  readonly pipeline: PipelineDeps
  readonly surfaces: Surfaces
  readonly bodyBytesMax: number
  /** Headers that every answer carries, such as the one that says that a simulator made it. */
  readonly signs: Readonly<Record<string, string>>
  /** Why a request may not come in at all, before anything of it is read; `null` lets it in. */
  refuse(request: Request): ProxyError | null
  /** What the admin API needs; `null` leaves it out. */
  readonly admin: AdminDeps | null
  /** An error that nobody expected, outside the pipeline: its answer refers to the log. */
  logInternal(requestId: string, cause: unknown): void
  /** A request that matches no route. `path`: as its client wrote it, cut. */
  logStray(stray: { requestId: string; method: string; path: string; status: number }): void
  /** Every answer says `Connection: close`, so that clients go elsewhere. */
  isLeaving(): boolean
}

/** Routes and nothing else: what a request goes through is in the pipeline. */
export function createApp(deps: AppDeps): Hono {
  // Hono's default compiles all routes into one pattern at the first request, milliseconds that a start has no use for.
  const app = new Hono({ getPath: routedPath, router: new TrieRouter() })
  const { messages, chat, responses } = deps.surfaces

  // On every path, also of what is mounted later: a prober, an agent or a page that keeps its connection would keep this
  // instance from closing its port.
  app.use(async (c, next) => {
    await next()
    if (deps.isLeaving()) c.res.headers.set('connection', 'close')
  })
  app.get('/', (c) => c.text('lynkr is running; point ANTHROPIC_BASE_URL here.\n'))
  app.get('/api/hello', (c) => c.text('ok\n'))
  mountOperations(app, deps)
  if (deps.admin !== null) app.route('/', createAdminRoutes(deps.admin))

  const direct = new Map<string, Direct>()
  const post = (path: string, entry: Entry, handle: Handler): void => {
    const answer: Direct = (request, env) => run(request, env, deps, { entry, handle })
    direct.set(path, answer)
    app.post(path, (c) => answer(c.req.raw, c.env))
  }
  post('/v1/messages', { surface: messages, label: 'messages' }, handleChat)
  post('/v1/messages/count_tokens', { surface: messages, label: 'count_tokens' }, handleCountTokens)
  post('/v1/chat/completions', { surface: chat, label: 'chat' }, handleChat)
  post('/v1/responses', { surface: responses, label: 'responses' }, handleChat)
  app.get('/v1/responses', (c) => openSocketRoute(c, deps))
  post('/v1/responses/input_tokens', { surface: responses, label: 'count_tokens' }, handleCountTokens)
  post('/v1/embeddings', { surface: chat, label: 'embeddings' }, handleEmbeddings)
  const models = (c: Context, handle: Handler) => {
    const surface = modelsSurface(deps.surfaces, c.req.raw)
    return run(c.req.raw, c.env, deps, { entry: { surface, label: 'models' }, handle })
  }
  app.get('/v1/models', (c) => models(c, handleModels))
  app.get('/v1/models/:id{.+}', (c) => {
    const id = c.req.param('id')
    return models(c, (pipeline, inbound) => handleModel(pipeline, inbound, id))
  })

  app.notFound((c) => notFound(app, c, deps))
  app.onError((thrown, c) => errorAt(c, deps, refusalOf(thrown)))
  // The paths of models are looked up as clients write them, without the router, which still serves any other spelling.
  const route = app.fetch
  app.fetch = (request, env, context) => {
    const answer = request.method === 'POST' ? direct.get(pathOf(request.url)) : undefined
    return answer === undefined ? route(request, env, context) : answer(request, env)
  }
  return app
}

/** Answers a request, whichever way it was found. Never rejects. */
type Direct = (request: Request, env: unknown) => Promise<Response>

/** 404; or 405, if the path exists, with the methods that it has. The path is repeated cut. */
function notFound(app: Hono, c: Context, deps: AppDeps): Response {
  const { method, path } = c.req
  // Only entries for this very method are routes: a middleware stands before every path of its folder, for any method.
  const methods = METHODS.filter((other) =>
    app.router.match(other, path)[0].some(([[, route]]) => route.method === other),
  )
  const place = path.slice(0, ECHO_CHARS_MAX)
  const what = `${method} ${place}`
  const allow = methods.flatMap((other) => (other === 'GET' ? ['GET', 'HEAD'] : [other])).join(', ')
  const error =
    methods.length === 0
      ? new ProxyError('not_found', `there is no ${what} here`)
      : new ProxyError('method_not_allowed', `there is no ${what} here, only ${allow}`)
  const answer = errorAt(c, deps, error)
  const requestId = answer.headers.get('x-lynkr-request-id') ?? ''
  deps.logStray({ requestId, method, path: place, status: answer.status })
  if (methods.length > 0) answer.headers.set('allow', allow)
  return answer
}

const METHODS = ['GET', 'POST', 'DELETE'] as const

/** A surface that requests come in by, and the name it has in metrics. */
interface Entry {
  readonly surface: Surface
  readonly label: SurfaceLabel
}

type Handler = (pipeline: PipelineDeps, inbound: Inbound) => Promise<Outbound>

async function run(
  request: Request,
  env: unknown,
  deps: AppDeps,
  { entry: { label, surface }, handle }: { readonly entry: Entry; readonly handle: Handler },
): Promise<Response> {
  try {
    const connection = connectionOf(env)
    if (request.method === 'GET') connection.keepOpen()
    const { pipeline, bodyBytesMax } = deps
    const inbound = new WebInbound(request, pipeline, { surface, label, bodyBytesMax, connection })
    const outbound = refusedAtTheDoor(request, inbound, deps) ?? (await handle(pipeline, inbound))
    sign(outbound.headers, deps, inbound.requestId)
    return toResponse(outbound, connection)
  } catch (thrown) {
    return plainError(deps, surface, toProxyError(thrown))
  }
}

/** The refusal of a request that is shed, or must not come in: before its body is read, but counted and logged. */
function refusedAtTheDoor(request: Request, inbound: Inbound, { pipeline, refuse }: AppDeps): Outbound | null {
  const shed = shedAtTheDoor(pipeline, inbound)
  if (shed !== null) return shed
  const refusal = refuse(request)
  return refusal === null ? null : refuseAtTheDoor(pipeline, inbound, refusal)
}

/** The handshake only lets a client in: it names no model, and each message on the socket is admitted by itself. */
async function openSocketRoute(c: Context, deps: AppDeps): Promise<Response> {
  const { pipeline, bodyBytesMax, surfaces } = deps
  const request = c.req.raw
  const surface = surfaces.responses
  if (!asksForSocket(request)) {
    return plainError(deps, surface, new ProxyError('upgrade_required', 'send POST, or ask for a WebSocket'))
  }
  const connection = connectionOf(c.env)
  const inbound = new WebInbound(request, pipeline, { surface, label: 'responses', bodyBytesMax, connection })
  const refused = refusedAtTheDoor(request, inbound, deps) ?? (await refuseHandshake(pipeline, inbound))
  if (refused !== null) {
    sign(refused.headers, deps, inbound.requestId)
    return toResponse(refused, connection)
  }
  const handler = openResponsesSocket({ pipeline, surface, messageBytesMax: bodyBytesMax }, request)
  if (!deps.isLeaving() && tryUpgrade(c.env, handler)) return new Response(null)
  return plainError(deps, surface, new ProxyError('overloaded', 'lynkr takes no more WebSockets; send POST'))
}

/** Adds the request's id, where a refusal has not done so already, and the headers that every answer carries. */
function sign(headers: Headers, deps: AppDeps, requestId: string): void {
  if (!headers.has('x-lynkr-request-id')) {
    headers.set('x-lynkr-request-id', requestId)
    if (!headers.has('request-id')) headers.set('request-id', requestId)
  }
  if (deps.isLeaving()) headers.set('connection', 'close')
  const { signs } = deps
  for (const name in signs) headers.set(name, signs[name] ?? '')
}

/** A fault of the store is told in words: only the admin API asks it directly, and its callers run lynkr. */
function refusalOf(thrown: unknown): ProxyError {
  if (!(thrown instanceof StoreError)) return toProxyError(thrown)
  const message = `the database cannot be used at the moment: ${thrown.message}`
  return new ProxyError('overloaded', message, { cause: thrown })
}

/** An error on a path that belongs to no surface, in the form that its client most likely reads. */
function errorAt(c: Context, deps: AppDeps, error: ProxyError): Response {
  return plainError(deps, surfaceOf(deps.surfaces, c.req.path, c.req.raw), error, c.get('requestId'))
}

/** An error answer from outside the pipeline, which is not counted. `named`: the request's id, if it has one already. */
function plainError(deps: AppDeps, surface: Surface, error: ProxyError, named?: string): Response {
  const { clock, random } = deps.pipeline
  const requestId = named ?? newRequestId(clock.wallMs(), random)
  if (error.kind === 'internal') deps.logInternal(requestId, error.cause)
  const headers = new Headers(refusalHeaders(requestId))
  sign(headers, deps, requestId)
  const { status } = error.traits.wire[surface.errorEnvelope]
  return new Response(JSON.stringify(surface.encodeError(error, requestId)), { status, headers })
}
