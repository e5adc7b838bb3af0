import { describe, expect, test } from 'bun:test'
import { readAdminKeyFile, requireAdmin } from '../../src/auth/admin-key.ts'
import { readCredentials } from '../../src/auth/credentials.ts'
import { openKeyAdmin } from '../../src/auth/key-admin.ts'
import { equalsConstantTime, hasKeyShape, keySecret } from '../../src/auth/key-format.ts'
import { type ConfiguredKey, openKeyRing } from '../../src/auth/key-ring.ts'
import { OPEN_SCOPES } from '../../src/auth/principal.ts'
import { nextTurn } from '../../src/core/clock.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { secureBytes } from '../../src/core/random.ts'
import { Secret } from '../../src/core/secret.ts'
import type { KeyRecord } from '../../src/core/store.ts'
import { sha256 } from '../../src/store/sha256.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const STATIC = 'team-secret-of-more-than-22-chars'

function openKeys(configured: readonly ConfiguredKey[] = []) {
  const rows = new Map<string, KeyRecord>()
  let isDown = false
  let answerNow: (() => void) | null = null
  let looks = 0
  const store = {
    insertKey: async (key: KeyRecord) => void rows.set(key.id, key),
    listKeys: async () => [...rows.values()],
    async changeKey(id: string, change: (key: KeyRecord) => KeyRecord) {
      const key = rows.get(id)
      if (key === undefined) return null
      rows.set(id, change(key))
      return rows.get(id) ?? null
    },
    async findKeyByHash(hash: string) {
      looks++
      const hanging = answerNow === null ? null : Promise.withResolvers<void>()
      if (hanging !== null) answerNow = hanging.resolve
      await hanging?.promise
      if (isDown) throw new Error('down')
      return [...rows.values()].find((key) => key.hash === hash) ?? null
    },
  }
  const ring = openKeyRing({ staticKeys: [new Secret(STATIC)], configured, store, sha256 })
  const login = async (headers: Record<string, string>, wallMs = WALL) =>
    ring.authenticate(ring.read(new Headers(headers)), wallMs)
  return {
    admin: openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => WALL }),
    ring,
    login,
    rows,
    looks: () => looks,
    switchOff: () => {
      isDown = true
    },
    /** It says that it is down only when it is told to. */
    hang: () => {
      isDown = true
      answerNow = () => undefined
    },
    giveUp: () => answerNow?.(),
  }
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'let in',
    (error: unknown) => (error instanceof ProxyError ? error.kind : 'other'),
  )
}

test('an admin key that the operator chose is nobody else’s credential, and lets nobody in where keys do', async () => {
  const own = 'the-admin-key-of-an-operator'
  const store = { findKeyByHash: async () => null }
  const ring = openKeyRing({ staticKeys: [], configured: [], adminKey: new Secret(own), store, sha256 })

  const read = ring.read(new Headers({ authorization: `Bearer ${own}` }))

  expect(read.own).toBeNull()
  expect(await kindOf((async () => ring.authenticate(read, WALL))())).toBe('unauthenticated')
})

describe('a key', () => {
  test('has 256 bits, is told by its form, and is stored as its hash only', async () => {
    const { admin, rows } = openKeys()

    const { secret, record } = await admin.create({ name: 'laptop', user: 'ada' })

    expect(hasKeyShape(secret)).toBe(true)
    expect(JSON.stringify([...rows])).not.toContain(secret)
    expect(record.hash).toBe(sha256(secret))
  })

  test('that was revoked or has expired gets no new secret, for none would open anything', async () => {
    const { admin, rows } = openKeys()
    const { record: revoked } = await admin.create({ name: 'laptop' })
    const { record: expired } = await admin.create({ name: 'phone' })
    await admin.revoke(revoked.id)
    rows.set(expired.id, { ...expired, expiresWallMs: WALL })

    expect([await kindOf(admin.rotate(revoked.id)), await kindOf(admin.rotate(expired.id))]).toEqual([
      'invalid_request',
      'invalid_request',
    ])
    expect(rows.get(revoked.id)?.hash).toBe(revoked.hash)
  })

  test.each([
    ['x-api-key', ''],
    ['authorization', 'Bearer '],
    ['authorization', 'bearer  '],
  ])('is accepted in %s after %p', async (header, scheme) => {
    const { admin, login } = openKeys()
    const { secret, record } = await admin.create({ name: 'laptop', team: 'red' })

    expect(await login({ [header]: scheme + secret })).toMatchObject({ keyId: record.id, team: 'red' })
  })

  test('that is unknown, expired or revoked gets the one same answer', async () => {
    const { admin, login, ring } = openKeys()
    const expiring = await admin.create({ name: 'a', expiresWallMs: WALL + 10 })
    const revoked = await admin.create({ name: 'b' })
    await admin.revoke(revoked.record.id)

    expect(await kindOf(login({ 'x-api-key': expiring.secret }, WALL + 9))).toBe('let in')
    ring.refresh()
    expect(await kindOf(login({ 'x-api-key': expiring.secret }, WALL + 10))).toBe('unauthenticated')
    expect(await kindOf(login({ 'x-api-key': revoked.secret }))).toBe('unauthenticated')
    expect(await kindOf(login({ 'x-api-key': keySecret(new Uint8Array(32)) }))).toBe('unauthenticated')
    expect(await kindOf(login({}))).toBe('unauthenticated')
  })

  test('that was rotated works with its new secret only, within seconds everywhere', async () => {
    const { admin, login } = openKeys()
    const { secret, record } = await admin.create({ name: 'a' })
    await login({ 'x-api-key': secret })

    const next = await admin.rotate(record.id)

    expect(await kindOf(login({ 'x-api-key': next.secret }))).toBe('let in')
    expect(await kindOf(login({ 'x-api-key': secret }, WALL + 5_000))).toBe('unauthenticated')
  })

  test('that was seen before still works while the store is down; a new one is asked to come back', async () => {
    const { admin, login, switchOff } = openKeys()
    const known = await admin.create({ name: 'a' })
    const unseen = await admin.create({ name: 'b' })
    await login({ 'x-api-key': known.secret })

    switchOff()

    expect(await kindOf(login({ 'x-api-key': known.secret }, WALL + 60_000))).toBe('let in')
    expect(await kindOf(login({ 'x-api-key': unseen.secret }, WALL + 60_000))).toBe('overloaded')
  })

  test('that was seen before does not ask a store that is down for every request', async () => {
    const { admin, login, looks, switchOff } = openKeys()
    const { secret } = await admin.create({ name: 'a' })
    await login({ 'x-api-key': secret })
    switchOff()

    for (let ms = 6_000; ms < 10_000; ms += 100) await login({ 'x-api-key': secret }, WALL + ms)

    expect(looks()).toBe(2)
  })

  test('that was seen before has one request wait for a store that hangs, and not those that come meanwhile', async () => {
    const { admin, login, looks, hang, giveUp } = openKeys()
    const { secret } = await admin.create({ name: 'a' })
    await login({ 'x-api-key': secret })
    hang()
    const first = login({ 'x-api-key': secret }, WALL + 6_000)
    giveUp()
    await first

    const waiting = login({ 'x-api-key': secret }, WALL + 12_000)
    const others = await Promise.race([
      Promise.all([1, 2, 3].map((ms) => kindOf(login({ 'x-api-key': secret }, WALL + 12_000 + ms)))),
      nextTurn(),
    ])
    giveUp()

    expect(others).toEqual(['let in', 'let in', 'let in'])
    expect([await kindOf(waiting), looks()]).toEqual(['let in', 3])
  })

  test.each([[{}], [{ name: '' }], [{ name: 'a', models: 'claude' }], [{ name: 'a', typo: 1 }], [null], [[]]])(
    'described as %j is refused',
    async (input) => {
      expect(await kindOf(openKeys().admin.create(input))).toBe('invalid_request')
    },
  )
})

describe('credentials', () => {
  test('of ours are taken out of either header, and only what is not ours is the client’s own', async () => {
    const { ring, login } = openKeys()
    const headers = new Headers({ 'x-api-key': STATIC, authorization: 'Bearer sk-ant-own' })

    const { ours, own } = ring.read(headers)

    expect(ours).toHaveLength(1)
    expect([own?.header, own?.value.reveal()]).toEqual(['authorization', 'Bearer sk-ant-own'])
    expect((await login({ 'x-api-key': STATIC })).kind).toBe('static')
  })

  const joined: [name: string, headers: Record<string, string>][] = [
    ['two keys in one header', { 'x-api-key': `${STATIC}, sk-ant-own` }],
    ['a key and more words', { authorization: `Bearer ${STATIC} sk-ant-own` }],
    ['two schemes in one header', { authorization: `Bearer sk-ant-own, Bearer ${STATIC}` }],
    ['another scheme', { authorization: `Token ${STATIC}` }],
    ['a parameter', { authorization: `Token token="${STATIC}"` }],
    ['a password', { authorization: `Basic ${btoa(`name:${STATIC}`)}` }],
  ]
  for (const [name, headers] of joined) {
    test(`that hold a key of ours let nobody in, and are not the client’s own either: ${name}`, async () => {
      const { ring } = openKeys()

      expect(ring.read(new Headers(headers))).toEqual({ ours: [], own: null })
    })
  }

  test.each([
    ['short words', 'a,'.repeat(8_000)],
    ['words as long as keys', `${'word-as-long-as-a-key-is,'.repeat(640)}`],
    ['a password of words', `Basic ${btoa('word-as-long-as-a-key-is:'.repeat(400))}`],
  ])('cost little to look for in a header full of %s', (_, authorization) => {
    let looked = 0
    const isOurs = () => {
      looked++
      return false
    }

    readCredentials(new Headers({ authorization }), isOurs)

    expect(looked).toBeLessThanOrEqual(20)
  })

  test('are looked for among many words too, of which nothing is anybody’s own', () => {
    const { ring } = openKeys()
    const words = 'word-as-long-as-a-key-is '.repeat(100)

    expect(ring.read(new Headers({ authorization: `${words}${STATIC}` }))).toEqual({ ours: [], own: null })
  })

  test('never print', () => {
    const { ring } = openKeys()

    const text = JSON.stringify(ring.read(new Headers({ 'x-api-key': STATIC, authorization: 'Bearer sk-mine' })))

    expect(text).not.toMatch(/sk-mine|secret-of/)
  })
})

test('constant-time comparison tells equal from different, and prefixes apart', () => {
  expect([equalsConstantTime('abc', 'abc'), equalsConstantTime('abc', 'abd'), equalsConstantTime('ab', 'abc')]).toEqual(
    [true, false, false],
  )
  expect(equalsConstantTime('a', 'a\u0000')).toBe(false)
})

describe('the admin key', () => {
  const secret = keySecret(secureBytes(32))

  test('is read from a file that nobody else can read', () => {
    expect(readAdminKeyFile(`${secret}\n`, 0o100600)).toEqual({ secret })
    expect(readAdminKeyFile(`${secret}\n`, 0o100640)).toHaveProperty('wrong')
    expect(readAdminKeyFile('hello', 0o100600)).toHaveProperty('wrong')
  })

  test('lets the admin pass and a client key not', () => {
    const { ring } = openKeys()
    const present = (key: string) => ring.read(new Headers({ 'x-api-key': key }))

    expect(() => requireAdmin(present(secret), secret, sha256)).not.toThrow()
    expect(() => requireAdmin(present(STATIC), secret, sha256)).toThrow(ProxyError)
  })
})

describe('a key of the configuration', () => {
  const secret = 'a-key-of-the-file-without-our-shape'
  const entry = {
    id: 'ci',
    hash: sha256(secret),
    user: 'ann',
    team: 'tools',
    scopes: OPEN_SCOPES,
    expiresWallMs: WALL + 10,
  }

  test('lets its holder in under its name until it expires, while the store is down too', async () => {
    const { login, switchOff } = openKeys([entry])
    switchOff()

    const principal = await login({ 'x-api-key': secret })
    const late = await kindOf(login({ 'x-api-key': secret }, WALL + 10))

    expect(principal).toMatchObject({ keyId: 'ci', user: 'ann', team: 'tools' })
    expect(late).toBe('unauthenticated')
  })

  test('is ours in either header, and never taken for a credential of the client', () => {
    const { ring } = openKeys([entry])

    const read = ring.read(new Headers({ authorization: `Bearer ${secret}`, 'x-api-key': 'sk-own' }))

    expect([read.ours.length, read.own?.header]).toEqual([1, 'x-api-key'])
  })
})
