import { join } from 'node:path'
import { keySecret, shownPrefix } from '../../src/auth/key-format.ts'
import { newKeySchema } from '../../src/auth/key-schema.ts'
import { systemScheduler } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/random.ts'
import { openStore, STORE_FILE } from '../../src/store/open-store.ts'
import { keyRecord } from '../../test/support/store-contract-rows.ts'

const AT_ONCE = 500

/** Makes keys in the store of a data folder, as `lynkr keys create` would. @returns their secrets */
export async function seedKeys(folder: string, count: number): Promise<readonly string[]> {
  const sqlitePath = join(folder, STORE_FILE)
  const store = await openStore({ databaseUrl: null, sqlitePath, scheduler: systemScheduler, random: systemRandom })
  const { name, user, team, ...scopes } = newKeySchema.parse({ name: 'bench', user: 'bench' })
  const secrets: string[] = []
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - i) }, secret)
    secrets.push(...some)
    await Promise.all(
      some.map((one) => {
        const hash = new Bun.CryptoHasher('sha256').update(one).digest('hex')
        return store.insertKey(keyRecord({ name, user, team, hash, prefix: shownPrefix(one), scopes }))
      }),
    )
  }
  await store.close()
  return secrets
}

function secret(): string {
  return keySecret(crypto.getRandomValues(new Uint8Array(32)))
}
