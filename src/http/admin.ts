import { type Context, Hono } from 'hono'
import { connectionOf } from '../core/connection.ts'
import { ProxyError } from '../core/errors.ts'
import { tryMoment } from '../core/moment.ts'
import { parseBody, readBody } from '../core/read-body.ts'
import { type KeyRecord, type LedgerStore, USAGE_GROUPS, type UsageStore } from '../core/store.ts'

/** A JSON body of the admin API: a key's description is under a kilobyte. */
const ADMIN_BODY_BYTES_MAX = 64 * 1024

const USAGE_PARAMETERS: ReadonlySet<string> = new Set(['group_by', 'from', 'to'])

interface MadeKey {
  readonly secret: string
  readonly record: KeyRecord
}

/** What the admin API needs of the rooms below; each throws `ProxyError`, or rejects as its store does. */
export interface AdminDeps {
  readonly keys: {
    create(input: unknown): Promise<MadeKey>
    list(): Promise<readonly KeyRecord[]>
    show(id: string): Promise<KeyRecord>
    rotate(id: string): Promise<MadeKey>
    revoke(id: string): Promise<KeyRecord>
  }
  readonly store: Pick<UsageStore, 'sumUsage'> & Pick<LedgerStore, 'balances' | 'verifyLedger'>
  /** Throws `unauthenticated` unless the request carries the admin key. */
  readonly requireAdmin: (request: Request) => void
  /** After every change of a key, so that what is remembered of it is forgotten; resolves when it is everywhere. */
  readonly onKeysChanged: () => Promise<void> | void
  readonly wallMs: () => number
  /** How every budget stands; amounts in its own unit. */
  budgets(): Promise<readonly object[]>
}

/**
 * `/admin/keys` (GET, POST), `/admin/keys/{id}` (GET, DELETE), `/admin/keys/{id}/rotate` (POST), `/admin/budgets`,
 * `/admin/usage`, `/admin/ledger`, `/admin/ledger/verify`. Every path needs the admin key; errors are thrown for the
 * application that mounts this.
 */
export function createAdminRoutes(deps: AdminDeps): Hono {
  const app = new Hono()
  app.use('/admin/*', async (c, next) => {
    deps.requireAdmin(c.req.raw)
    connectionOf(c.env).keepOpen()
    await next()
    c.header('cache-control', 'no-store')
  })
  mountKeys(app, deps)
  app.get('/admin/usage', async (c) => c.json({ data: await deps.store.sumUsage(usageQuery(c, deps.wallMs())) }))
  app.get('/admin/budgets', async (c) => c.json({ data: await deps.budgets() }))
  app.get('/admin/ledger', async (c) => c.json({ data: await deps.store.balances() }))
  app.get('/admin/ledger/verify', async (c) => {
    const differences = await deps.store.verifyLedger()
    return c.json({ ok: differences.length === 0, differences })
  })
  return app
}

function mountKeys(app: Hono, { keys, onKeysChanged }: AdminDeps): void {
  app.get('/admin/keys', async (c) => c.json({ data: (await keys.list()).map(withoutHash) }))
  app.post('/admin/keys', async (c) => {
    const { secret, record } = await keys.create(parseBody(await readBody(c.req.raw, ADMIN_BODY_BYTES_MAX)))
    await onKeysChanged()
    return c.json({ ...withoutHash(record), secret }, 201)
  })
  app.get('/admin/keys/:id', async (c) => c.json(withoutHash(await keys.show(c.req.param('id')))))
  app.post('/admin/keys/:id/rotate', async (c) => {
    const { secret, record } = await keys.rotate(c.req.param('id'))
    await onKeysChanged()
    return c.json({ ...withoutHash(record), secret })
  })
  app.delete('/admin/keys/:id', async (c) => {
    const record = await keys.revoke(c.req.param('id'))
    await onKeysChanged()
    return c.json(withoutHash(record))
  })
}

function withoutHash({ hash: _, ...key }: KeyRecord): Omit<KeyRecord, 'hash'> {
  return key
}

/** `?group_by=key,day&from=2026-11-01&to=2026-12-01`; without dates, the last 30 days. */
function usageQuery(c: Context, wallMs: number) {
  const unknown = Object.keys(c.req.query()).find((name) => !USAGE_PARAMETERS.has(name))
  if (unknown !== undefined) {
    throw new ProxyError(
      'invalid_request',
      `${unknown}: is no parameter here, only ${[...USAGE_PARAMETERS].join(', ')}`,
    )
  }
  const asked = (c.req.query('group_by') ?? 'day').split(',').filter((group) => group !== '')
  const groupBy = asked.flatMap((name) => USAGE_GROUPS.find((group) => group === name) ?? [])
  if (groupBy.length !== asked.length || new Set(asked).size !== asked.length) {
    throw new ProxyError('invalid_request', `group_by: a list without repeats of ${USAGE_GROUPS.join(', ')}`)
  }
  const toWallMs = timeOf(c, 'to') ?? wallMs + 1
  const fromWallMs = timeOf(c, 'from') ?? toWallMs - 30 * 86_400_000
  if (c.req.query('to') !== undefined && fromWallMs >= toWallMs)
    throw new ProxyError('invalid_request', 'from: must be before to')
  return { groupBy, fromWallMs, toWallMs }
}

function timeOf(c: Context, name: string): number | null {
  const text = c.req.query(name)
  if (text === undefined) return null
  const wallMs = tryMoment(text)
  if (wallMs === null) throw new ProxyError('invalid_request', `${name}: a date such as 2026-11-22`)
  return wallMs
}
