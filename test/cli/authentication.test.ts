import { expect, test } from 'bun:test'
import { openKeyAdmin } from '../../src/auth/key-admin.ts'
import { openAuthentication } from '../../src/cli/authentication.ts'
import { systemScheduler } from '../../src/core/clock.ts'
import { secureBytes } from '../../src/core/random.ts'
import type { KeyRecord } from '../../src/core/store.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'
import { sha256 } from '../../src/store/sha256.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const NONE_LISTED = { apiKeys: [], configured: [], isRequired: false }

async function openStored() {
  const store = await openSqliteStore({ path: ':memory:', scheduler: systemScheduler, random: Math.random })
  const admin = openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => WALL })
  return { store, admin }
}

test('a stored key that was seen before works on while the store is down, though the configuration is read again', async () => {
  const { store, admin } = await openStored()
  const { secret } = await admin.create({ name: 'a' })
  let isDown = false
  const down = () => Promise.reject(new Error('down'))
  const authentication = await openAuthentication({
    ...NONE_LISTED,
    store: {
      findKeyByHash: (hash) => (isDown ? down() : store.findKeyByHash(hash)),
      listKeys: () => (isDown ? down() : store.listKeys()),
    },
  })
  const login = async (wallMs: number) => authentication.authenticate(new Headers({ 'x-api-key': secret }), wallMs)
  await login(WALL)
  isDown = true

  const reread = authentication.replace({ ...NONE_LISTED, isRequired: true })

  expect(await login(WALL + 6_000)).toMatchObject({ kind: 'stored' })
  await reread.catch(() => undefined)
})

test('an answer from before the first key lets nobody in once the key is there', async () => {
  const { admin, store } = await openStored()
  const answers: ((keys: readonly KeyRecord[]) => void)[] = []
  let isHeld = false
  const held = () => new Promise<readonly KeyRecord[]>((resolve) => void answers.push(resolve))
  const authentication = await openAuthentication({
    ...NONE_LISTED,
    store: { findKeyByHash: store.findKeyByHash, listKeys: () => (isHeld ? held() : store.listKeys()) },
  })
  isHeld = true
  const early = authentication.refresh()
  const { record } = await admin.create({ name: 'a' })
  const late = authentication.refresh()

  answers[1]?.([record])
  await late
  answers[0]?.([])
  await early

  expect(authentication.isOpen()).toBe(false)
})
