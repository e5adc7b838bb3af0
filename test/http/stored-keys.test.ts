import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { openKeyAdmin } from '../../src/auth/key-admin.ts'
import { type Authentication, openAuthentication } from '../../src/cli/authentication.ts'
import { systemScheduler } from '../../src/core/clock.ts'
import { secureBytes, seededRandom } from '../../src/core/random.ts'
import type { Store } from '../../src/core/store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

const NOW = Date.now()
let store: Store
let authentication: Authentication
let proxy: TestProxy

beforeAll(async () => {
  store = await openStore({
    databaseUrl: null,
    sqlitePath: ':memory:',
    scheduler: systemScheduler,
    random: seededRandom(1),
  })
  authentication = await openAuthentication({ apiKeys: [], configured: [], isRequired: false, store })
  proxy = await openProxy({
    apiKeys: [],
    pipeline: { authenticate: (headers, wallMs) => authentication.authenticate(headers, wallMs) },
  })
})
afterEach(() => proxy.clear())
afterAll(async () => {
  await proxy.stop()
  await store.close()
})

const adminAt = (wallMs: number) =>
  openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => wallMs })
const admin = () => adminAt(NOW)
const ask = (secret: string, body: object = HELLO, path = '/v1/messages') =>
  post(proxy, body, { path, headers: { 'x-api-key': secret } })

describe('stored keys', () => {
  test('are not asked for until the first one is made, and from then on always', async () => {
    const before = await ask('')

    await admin().create({ name: 'first' })
    await authentication.refresh()
    const after = await ask('')

    expect(authentication.isOpen()).toBe(false)
    expect([before.status, after.status]).toEqual([200, 401])
  })

  test('admit their holder, whom the record names', async () => {
    const { secret, record } = await admin().create({ name: 'mine', user: 'ann', team: 'tools' })

    const response = await ask(secret)
    const [settled] = await proxy.settled(1)

    expect(response.status).toBe(200)
    expect(settled).toMatchObject({ keyId: record.id, user: 'ann', team: 'tools' })
  })

  test('no longer admit once they are revoked, rotated or expired', async () => {
    const revoked = await admin().create({ name: 'revoked' })
    await admin().revoke(revoked.record.id)
    const rotated = await admin().create({ name: 'rotated' })
    const { secret: successor } = await admin().rotate(rotated.record.id)
    const expired = await adminAt(NOW - 2).create({ name: 'expired', expiresWallMs: NOW - 1 })

    const statuses = []
    for (const secret of [revoked.secret, rotated.secret, expired.secret, successor]) {
      statuses.push((await ask(secret)).status)
    }

    expect(statuses).toEqual([401, 401, 401, 200])
  })

  const scoped: [name: string, scope: object, body: object, path: string, status: number][] = [
    ['a model that fits', { models: ['claude-*'] }, HELLO, '/v1/messages', 200],
    [
      'a model with its window',
      { models: [HELLO.model] },
      { ...HELLO, model: `${HELLO.model}[1m]` },
      '/v1/messages',
      200,
    ],
    ['another model', { models: ['gpt-*'] }, HELLO, '/v1/messages', 403],
    ['another model, to be counted', { models: ['gpt-*'] }, HELLO, '/v1/messages/count_tokens', 403],
    ['another provider', { providers: ['openai'] }, HELLO, '/v1/messages', 403],
    ['its own path', { surfaces: ['messages'] }, HELLO, '/v1/messages', 200],
    ['another path', { surfaces: ['chat'] }, HELLO, '/v1/messages', 403],
  ]
  for (const [name, scope, body, path, status] of scoped) {
    test(`get ${status} for ${name}`, async () => {
      const { secret } = await admin().create({ name: 'scoped', ...scope })

      expect((await ask(secret, body, path)).status).toBe(status)
    })
  }

  test('are held to their requests per minute, and get their place back when a request ends', async () => {
    const { secret } = await admin().create({ name: 'limited', requestsPerMinute: 2, concurrentRequests: 1 })

    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await ask(secret)).status)
    const last = await ask(secret)

    expect(statuses).toEqual([200, 200, 429])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await last.text()).toContain('requests per minute')
  })
})
