import { afterEach, expect, test } from 'bun:test'
import { StoreError } from '../../src/core/store.ts'
import type { AdminDeps } from '../../src/http/admin.ts'
import { openProxy, type TestProxy } from '../support/proxy.ts'

const proxies: TestProxy[] = []
afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.stop())))

/** An admin API whose store, and whose keys, fail with this. */
async function openFailing(thrown: Error) {
  const logged: unknown[] = []
  const fail = () => Promise.reject(thrown)
  const admin: AdminDeps = {
    keys: { create: fail, list: fail, show: fail, rotate: fail, revoke: fail },
    store: { sumUsage: fail, balances: fail, verifyLedger: fail },
    requireAdmin: () => undefined,
    onKeysChanged: () => undefined,
    wallMs: () => 0,
    budgets: fail,
  }
  const proxy = await openProxy({ app: { admin, logInternal: (requestId, cause) => logged.push([requestId, cause]) } })
  proxies.push(proxy)
  const call = async (method: string, path: string) => {
    const response = await fetch(`${proxy.url}${path}`, { method, ...(method === 'POST' && { body: '{}' }) })
    return { status: response.status, text: await response.text(), id: response.headers.get('x-lynkr-request-id') }
  }
  return { call, logged }
}

test.each([
  ['POST', '/admin/keys'],
  ['DELETE', '/admin/keys/key_1'],
  ['POST', '/admin/keys/key_1/rotate'],
  ['GET', '/admin/usage'],
  ['GET', '/admin/budgets'],
  ['GET', '/admin/ledger/verify'],
])('%s %s says what is wrong with the database, and that it is worth another try', async (method, path) => {
  const { call } = await openFailing(new StoreError('full', 'lynkr.db cannot grow: the disk is full; free some space'))

  const { status, text } = await call(method, path)

  expect([status, JSON.parse(text).error.type]).toEqual([529, 'overloaded_error'])
  expect(text).toContain('the disk is full; free some space')
})

test('an error that nobody expected stands in the log, to which its answer refers, under the id of that', async () => {
  const bug = new Error('a bug')
  const { call, logged } = await openFailing(bug)

  const { status, text, id } = await call('GET', '/admin/usage')

  expect([status, text.includes('its log has the details')]).toEqual([500, true])
  expect(logged).toEqual([[id, bug]])
})
