import { expect, test } from 'bun:test'
import { openKeyAdmin } from '../../src/auth/key-admin.ts'
import { systemScheduler } from '../../src/core/clock.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { secureBytes } from '../../src/core/random.ts'
import { createAdminRoutes } from '../../src/http/admin.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { usageRow } from '../support/store-contract-rows.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')

async function openAdmin() {
  const store = await openSqliteStore({ path: ':memory:', scheduler: systemScheduler, random: Math.random })
  await store.insertUsage([usageRow()])
  let changes = 0
  const app = createAdminRoutes({
    keys: openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => WALL }),
    store,
    wallMs: () => WALL,
    onKeysChanged: () => void changes++,
    budgets: async () => [{ id: 'mine' }],
    requireAdmin(request) {
      if (request.headers.get('x-api-key') !== 'admin') throw new ProxyError('unauthenticated', 'no')
    },
  })
  app.onError((error, c) => c.text(error instanceof ProxyError ? error.kind : String(error), 418))
  const call = (method: string, path: string, body?: string, key = 'admin') =>
    app.request(path, { method, headers: { 'x-api-key': key }, ...(body !== undefined && { body }) })
  return { call, changes: () => changes }
}

test.each([
  ['GET', '/admin/keys'],
  ['POST', '/admin/keys'],
  ['DELETE', '/admin/keys/x'],
  ['POST', '/admin/keys/x/rotate'],
  ['GET', '/admin/usage'],
  ['GET', '/admin/ledger'],
  ['GET', '/admin/ledger/verify'],
])('%s %s needs the admin key', async (method, path) => {
  const { call } = await openAdmin()

  expect(await (await call(method, path, undefined, 'client')).text()).toBe('unauthenticated')
})

test('a key is made, shown without secret and hash, rotated and revoked', async () => {
  const { call, changes } = await openAdmin()

  const made = (await (await call('POST', '/admin/keys', '{"name":"ci","team":"red"}')).json()) as {
    id: string
    secret: string
  }
  const listed = await (await call('GET', '/admin/keys')).text()
  const rotated = (await (await call('POST', `/admin/keys/${made.id}/rotate`)).json()) as { secret: string }
  const revoked = (await (await call('DELETE', `/admin/keys/${made.id}`)).json()) as { revokedWallMs: number }

  expect([listed.includes(made.secret), listed.includes('hash'), listed.includes('red')]).toEqual([false, false, true])
  expect([rotated.secret === made.secret, revoked.revokedWallMs, changes()]).toEqual([false, WALL, 3])
})

test.each(['', '{', '{"name":5}', '[]', '\u0000'])('the body %j is refused, not crashed on', async (body) => {
  const { call } = await openAdmin()

  expect(await (await call('POST', '/admin/keys', body)).text()).toBe('invalid_request')
})

test('usage is grouped as asked, over the last 30 days unless dates say otherwise', async () => {
  const { call } = await openAdmin()
  const requests = async (query: string) => {
    const { data } = (await (await call('GET', `/admin/usage${query}`)).json()) as { data: { requests: number }[] }
    return data.map((sum) => sum.requests)
  }

  expect(await requests('')).toEqual([1])
  expect(await requests('?group_by=key,model&from=2026-11-23')).toEqual([])
  expect(await (await call('GET', '/admin/usage?group_by=secret')).text()).toBe('invalid_request')
  expect(await (await call('GET', '/admin/usage?from=yesterday')).text()).toBe('invalid_request')
})

test.each(['by=model', 'group-by=key', 'from=2026-11-22&to=2026-11-01', 'from=2026-02-30'])(
  'usage asked with %s is refused, not answered with something else',
  async (query) => {
    const { call } = await openAdmin()

    expect(await (await call('GET', `/admin/usage?${query}`)).text()).toBe('invalid_request')
  },
)

test('the ledger is verified on request', async () => {
  const { call } = await openAdmin()

  expect(await (await call('GET', '/admin/ledger/verify')).json()).toEqual({ ok: true, differences: [] })
})
