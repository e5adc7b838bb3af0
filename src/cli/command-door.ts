import { type Context, Hono } from 'hono'
import { readCredentials } from '../auth/credentials.ts'
import { forbids } from '../auth/key-access.ts'
import { hasKeyShape } from '../auth/key-format.ts'
import type { Principal } from '../auth/principal.ts'
import type { Clock, Scheduler } from '../core/clock.ts'
import type { CommandCaller, Commands } from '../core/commands.ts'
import { ProxyError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { RequestRecord } from '../core/record.ts'
import { continueTrace } from '../core/traceparent.ts'
import { accountedFor, CommandAccount } from '../http/command-account.ts'
import { createCommandRoutes } from '../http/commands.ts'
import { pathOf } from '../http/inbound.ts'
import type { Cancellations } from '../mcp/cancellations.ts'
import { forbidsPath } from '../pipeline/authorize.ts'

export interface CommandDoor {
  readonly commands: Commands
  readonly cancellations: Cancellations
  readonly scheduler: Scheduler
  readonly version: string
  isAdminKey(text: string): boolean
  /** Whom any other key belongs to. Throws `unauthenticated`. */
  authenticate(headers: Headers, wallMs: number): Principal | Promise<Principal>
  readonly clock: Clock
  readonly random: Random
  /** Called once per request, after its last byte. */
  onSettled(record: RequestRecord, error: ProxyError | null): void
}

/** Who holds the admin key, as access lists of templates and audit rows name them. */
const ADMIN_CALLER: CommandCaller = { id: 'admin' }

/** `/v1/commands` and `/mcp`, for holders of the admin key and of keys whose scope allows the command. */
export function createCommandDoor(door: CommandDoor): Hono {
  const authenticate = (request: Request): Promise<CommandCaller> => callerOf(door, request)
  const app = new Hono()
  app.route('/', createCommandRoutes({ ...door, authenticate }))
  // The library behind it takes longer to load than everything else together, and few deployments use it.
  let mcp: Promise<Hono> | null = null
  const accounts = new WeakMap<Request, CommandAccount>()
  const ways = {
    async authenticate(request: Request): Promise<CommandCaller> {
      const caller = await authenticate(request)
      const account = accounts.get(request)
      // What it reads of the body, the room does not tell.
      account?.asked(false, Number(request.headers.get('content-length') ?? 0))
      return account?.admitted(caller) ?? caller
    },
    onRefused(request: Request, error: ProxyError): void {
      accounts.get(request)?.settle(error.traits.wire.openai.status, error)
    },
  }
  const answer = async (c: Context): Promise<Response> => {
    const account = new CommandAccount(door, c.req.raw)
    accounts.set(c.req.raw, account)
    mcp ??= import('../mcp/mcp-routes.ts').then((room) => room.createMcpRoutes({ ...door, ...ways }))
    return accountedFor(await (await mcp).fetch(c.req.raw, c.env), account, c.req.raw)
  }
  // By its method too, for whoever lists the routes: `all` names none.
  app.post('/mcp', answer)
  app.all('/mcp', answer)
  return app
}

async function callerOf(door: CommandDoor, request: Request): Promise<CommandCaller> {
  const { headers } = request
  const trace = continueTrace(headers.get('traceparent'), headers.get('tracestate'), door.random)
  // An admin key that the operator chose may look like anything.
  const { ours } = readCredentials(headers, (text) => hasKeyShape(text) || door.isAdminKey(text))
  if (ours.some((secret) => door.isAdminKey(secret.reveal()))) return { ...ADMIN_CALLER, trace }
  const { keyId, access } = await door.authenticate(headers, door.clock.wallMs())
  if (keyId === null) {
    throw new ProxyError('unauthenticated', 'commands always need a key: the admin key, or one of LYNKR_API_KEYS')
  }
  const forbidden = forbids(access, 'surface', 'commands') ?? forbidsPath(access, { path: pathOf(request.url) })
  if (forbidden !== null) throw forbidden
  return { id: keyId, trace, mayUse: (command) => forbids(access, 'command', command) === null }
}
