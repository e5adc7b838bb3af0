import { describe, expect, test } from 'bun:test'
import { compileKeyAccess } from '../../src/auth/key-access.ts'
import { ANONYMOUS, OPEN_SCOPES, type Principal } from '../../src/auth/principal.ts'
import { createCommandDoor } from '../../src/cli/command-door.ts'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { ProxyError, toProxyError } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import type { KeyScopes } from '../../src/core/store.ts'
import { createCancellations } from '../../src/mcp/cancellations.ts'
import { fakeCommands } from '../support/fake-commands.ts'

const ADMIN_KEY = `lynkr_${'a'.repeat(43)}`

/** Who a key belongs to; other keys are nobody's. */
const HOLDERS: Readonly<Record<string, Principal>> = {
  full: { ...ANONYMOUS, kind: 'static', keyId: 'static_1' },
  narrow: holder({ commands: ['other'] }),
  pathless: holder({ denyPaths: ['/v1/commands/**', '/mcp'] }),
  chatting: holder({ surfaces: ['messages', 'chat'] }),
  running: holder({ surfaces: ['commands'] }),
}

function holder(scopes: Partial<KeyScopes>): Principal {
  const access = compileKeyAccess({ ...OPEN_SCOPES, ...scopes })
  return { ...ANONYMOUS, kind: 'stored', keyId: 'key_1', access }
}

function openDoor(isOpen = false, adminKey = ADMIN_KEY) {
  const commands = fakeCommands()
  const records: RequestRecord[] = []
  const app = createCommandDoor({
    commands,
    cancellations: createCancellations(),
    scheduler: systemScheduler,
    clock: systemClock,
    random: seededRandom(1),
    onSettled: (record) => void records.push(record),
    version: '1',
    isAdminKey: (text) => text === adminKey,
    async authenticate(headers) {
      if (isOpen) return ANONYMOUS
      const principal = HOLDERS[headers.get('x-api-key') ?? '']
      if (principal === undefined) throw new ProxyError('unauthenticated', 'a key is needed')
      return principal
    },
  })
  app.onError((thrown, c) => c.text(toProxyError(thrown).kind, 401))
  return { app, commands, records }
}

async function call(door: ReturnType<typeof openDoor>, headers: Record<string, string>) {
  const response = await door.app.request('/v1/commands/echo', { method: 'POST', headers })
  return { status: response.status, caller: door.commands.runs[0]?.caller }
}

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }

describe('the door to commands', () => {
  test('opens to the admin key, in either header', async () => {
    expect((await call(openDoor(), { 'x-api-key': ADMIN_KEY })).caller?.id).toBe('admin')
    expect((await call(openDoor(), { authorization: `Bearer ${ADMIN_KEY}` })).caller?.id).toBe('admin')
  })

  test('opens to an admin key that the operator chose, whatever it looks like', async () => {
    const own = 'the-admin-key-of-an-operator'

    expect((await call(openDoor(false, own), { authorization: `Bearer ${own}` })).caller?.id).toBe('admin')
  })

  test('opens to a listed key, by its public id', async () => {
    expect((await call(openDoor(), { 'x-api-key': 'full' })).caller?.id).toBe('static_1')
  })

  test("hands on where the call stands in its caller's trace", async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

    const { caller } = await call(openDoor(), { 'x-api-key': 'full', traceparent })

    expect(caller?.trace).toMatchObject({ traceId: 'a'.repeat(32), isSampled: true })
    expect(caller?.trace?.parentId).not.toBe('b'.repeat(16))
  })

  test("tells the commands what a key's scope says of them", async () => {
    const { caller } = await call(openDoor(), { 'x-api-key': 'narrow' })

    expect([caller?.mayUse?.('other'), caller?.mayUse?.('echo')]).toEqual([true, false])
  })

  test.each(['/v1/commands/echo', '/mcp'])('is shut to a key that may not use the path %s', async (path) => {
    const { app, commands } = openDoor()
    const headers = { 'x-api-key': 'pathless', 'content-type': 'application/json' }

    const response = await app.request(path, { method: 'POST', headers, body: '{}' })

    expect(await response.text()).toMatch(/^forbidden$|this key may not use the path \/mcp/)
    expect(commands.runs).toEqual([])
  })

  test.each(['/v1/commands/echo', '/mcp'])('is shut at %s to a key for other kinds of requests', async (path) => {
    const { app, commands } = openDoor()
    const headers = { 'x-api-key': 'chatting', 'content-type': 'application/json' }

    const response = await app.request(path, { method: 'POST', headers, body: '{}' })

    expect(await response.text()).toMatch(/^forbidden$|this key may not use the surface commands/)
    expect(commands.runs).toEqual([])
  })

  test('opens to a key for commands alone', async () => {
    expect((await call(openDoor(), { 'x-api-key': 'running' })).caller?.id).toBe('key_1')
  })

  test.each([
    ['without a key', {}, false],
    ['with an unknown key', { 'x-api-key': 'guess' }, false],
    ['without a key, where models need none', {}, true],
  ])('is shut to a caller %s', async (_, headers, isOpen) => {
    const door = openDoor(isOpen)

    const { status } = await call(door, headers)
    const listed = await door.app.request('/v1/commands', { headers })
    const mcp = await door.app.request('/mcp', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(LIST),
    })

    expect([status, listed.status, mcp.status]).toEqual([401, 401, 401])
    expect(door.commands.runs).toEqual([])
  })

  test.each([
    ['POST', {}, JSON.stringify(LIST), 200, { outcome: 'ok', errorKind: null, keyId: 'static_1' }],
    ['POST', { 'x-api-key': 'guess' }, JSON.stringify(LIST), 401, { errorKind: 'unauthenticated', keyId: null }],
    ['POST', { accept: 'text/html' }, JSON.stringify(LIST), 406, { errorKind: 'invalid_request', keyId: 'static_1' }],
    ['POST', {}, '{', 400, { errorKind: 'invalid_request', keyId: 'static_1' }],
    ['GET', {}, null, 405, { errorKind: 'method_not_allowed', keyId: null }],
  ])(
    '%s /mcp with %j and the body %j is told once, as a call over HTTP is',
    async (method, extra, body, status, facts) => {
      const { app, records } = openDoor()
      const accept = 'application/json, text/event-stream'
      const length = body === null ? {} : { 'content-length': `${body.length}` }
      const headers = { 'x-api-key': 'full', 'content-type': 'application/json', accept, ...length, ...extra }

      const response = await app.request('/mcp', { method, headers, body })
      const text = await response.text()

      expect(records).toHaveLength(1)
      expect(records[0]).toMatchObject({
        ...{ surface: 'commands', status, ...facts },
        ...(status === 200 && { responseBytes: text.length }),
        requestBytes: facts.keyId === null ? 0 : (body?.length ?? 0),
        requestId: response.headers.get('x-lynkr-request-id') ?? '',
      })
    },
  )
})
