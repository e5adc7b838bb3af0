import { expect, test } from 'bun:test'
import { openKeyAdmin } from '../../src/auth/key-admin.ts'
import { systemScheduler } from '../../src/core/clock.ts'
import { secureBytes, seededRandom } from '../../src/core/random.ts'
import { openSqliteStore } from '../../src/store/open-sqlite.ts'
import { sha256 } from '../../src/store/sha256.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')

test.each(['revoke', 'rotate'] as const)(
  'a key that is rotated while it is revoked stays revoked, %s first',
  async (first) => {
    const store = await openSqliteStore({ path: ':memory:', scheduler: systemScheduler, random: seededRandom(1) })
    const admin = openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => WALL })
    const { record } = await admin.create({ name: 'a' })

    const second = first === 'revoke' ? 'rotate' : 'revoke'
    const both = { [first]: admin[first](record.id), [second]: admin[second](record.id) }
    const [rotated] = await Promise.allSettled([both.rotate, both.revoke])

    expect((await admin.show(record.id)).revokedWallMs).toBe(WALL)
    // No secret opens a key that has ended.
    expect(rotated?.status).toBe(first === 'revoke' ? 'rejected' : 'fulfilled')
    await store.close()
  },
)

test.each(['a\0b', 'a\ud800', 'a\nb'])(
  'a key belongs to nobody whose name no database could hold: %j',
  async (user) => {
    const store = await openSqliteStore({ path: ':memory:', scheduler: systemScheduler, random: seededRandom(1) })
    const admin = openKeyAdmin({ store, providerProblem: () => null, sha256, secureBytes, wallMs: () => WALL })

    const thrown = await admin.create({ name: 'a', user }).catch((error: unknown) => error)

    expect(String(thrown)).toContain('user: has characters no name can have')
    await store.close()
  },
)
