import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { systemScheduler } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/random.ts'
import { type Store, StoreError } from '../../src/core/store.ts'
import { POSTGRES_MIGRATIONS } from '../../src/store/migrations.ts'
import { openPostgresStore } from '../../src/store/open-postgres.ts'
import { eventually } from '../support/eventually.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { hasPostgres, startPostgres, type TestServer } from '../support/postgres.ts'
import { describeStore } from '../support/store-contract.ts'
import { usageRow } from '../support/store-contract-rows.ts'

const open = (url: string, options: { readonly isForReading?: boolean } = {}) =>
  openPostgresStore({ url, connectionsMax: 4, scheduler: systemScheduler, random: systemRandom, ...options })

async function faultOf(promise: Promise<unknown>): Promise<StoreError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(thrown)}`)
  return thrown
}

/** The way to a server, on which what is sent on connections of before can be lost without a word. */
function openFragileNetwork(url: string) {
  let lost: ((bytes: Buffer) => boolean) | null = null
  const forgotten: (Bun.Socket | null)[] = []
  const listener = Bun.listen<{ server: Bun.Socket | null; early: Buffer[]; isDead: boolean }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      async open(client) {
        client.data = { server: null, early: [], isDead: false }
        const port = Number(new URL(url).port)
        client.data.server = await Bun.connect({
          hostname: '127.0.0.1',
          port,
          socket: {
            data: (_, bytes) => void client.write(bytes),
          },
        })
        for (const bytes of client.data.early) client.data.server.write(bytes)
      },
      data(client, bytes) {
        if (lost?.(bytes) === true) {
          client.data.isDead = true
          lost = null
        }
        if (client.data.isDead) return
        if (client.data.server === null) client.data.early.push(Buffer.from(bytes))
        else client.data.server.write(bytes)
      },
      // Of what was lost the server does not even hear the end.
      close(client) {
        if (client.data.isDead) forgotten.push(client.data.server)
        else client.data.server?.end()
      },
    },
  })
  return {
    port: listener.port,
    /** The next that sends such a text is not heard any more. @returns when it has sent it */
    swallow: (text = '') =>
      new Promise<void>((resolve) => {
        lost = (bytes) => {
          const isLost = bytes.includes(text)
          if (isLost) resolve()
          return isLost
        }
      }),
    stop() {
      for (const socket of forgotten) socket?.end()
      listener.stop(true)
    },
  }
}

if (hasPostgres()) {
  let server: TestServer
  let admin: SQL
  let serial = 0
  const stores: Store[] = []

  beforeAll(async () => {
    server = await startPostgres()
    admin = new SQL({ url: server.url, max: 1 })
  }, 180_000)
  // Each may have four connections open, and the server takes a hundred.
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
  })
  afterAll(async () => {
    await admin.close({ timeout: 0 })
    await server.stop()
  })

  const freshUrl = async () => {
    const name = `test_${serial++}`
    await admin.unsafe(`create database ${name}`)
    return server.url.replace(/postgres$/, name)
  }
  const openFresh = async () => {
    const store = await open(await freshUrl())
    stores.push(store)
    return store
  }

  describe('the PostgreSQL store', () => describeStore(openFresh))

  test.each(POSTGRES_MIGRATIONS.map((_, version) => version))(
    'migrates from schema %p to the newest',
    async (version) => {
      const url = await freshUrl()
      const old = new SQL({ url, max: 1 })
      if (version > 0) await old.unsafe('create table lynkr_schema (version bigint not null)').simple()
      for (const migration of POSTGRES_MIGRATIONS.slice(0, version)) await old.unsafe(migration).simple()
      if (version > 0) await old.unsafe(`insert into lynkr_schema values (${version})`)
      await old.close()

      const store = await open(url)
      await store.insertUsage([usageRow()])
      await store.close()
    },
  )

  test('two instances that start at once migrate once', async () => {
    const url = await freshUrl()

    const both = await Promise.all([open(url), open(url)])

    expect(both.map((store) => store.kind)).toEqual(['postgres', 'postgres'])
    for (const store of both) await store.close()
  })

  test('an older lynkr refuses a newer schema', async () => {
    const url = await freshUrl()
    await (await open(url)).close()
    const later = new SQL({ url, max: 1 })
    await later.unsafe('insert into lynkr_schema values (99)')
    await later.close()

    expect((await faultOf(open(url))).fault).toBe('newer_schema')
  })

  test('reading takes the schema as it is: an older one is refused, and a server that takes no writes will do', async () => {
    const url = await freshUrl()
    await (await open(url)).close()
    const owner = new SQL({ url, max: 1 })
    const name = new URL(url).pathname.slice(1)
    await owner.unsafe(`alter database ${name} set default_transaction_read_only = on`)

    const reader = await open(url, { isForReading: true })
    const keys = await reader.listKeys()
    await reader.close()
    await owner.unsafe('update lynkr_schema set version = 1')
    const fault = await faultOf(open(url, { isForReading: true }))
    await owner.close()

    expect(keys).toEqual([])
    expect(fault.fault).toBe('older_schema')
  })

  /** Nobody but this one reads or writes the table until the returned function is called. */
  async function lockTable(url: string, table: string): Promise<() => Promise<void>> {
    const holder = new SQL({ url, max: 1 })
    const locked = Promise.withResolvers<void>()
    const unlocked = Promise.withResolvers<void>()
    const holding = holder.begin(async (tx) => {
      await tx.unsafe(`lock table ${table} in access exclusive mode`)
      locked.resolve()
      await unlocked.promise
    })
    await locked.promise
    return async () => {
      unlocked.resolve()
      await holding
      await holder.close()
    }
  }

  test('reports that take long keep neither the ledger nor keys waiting, however many are asked for', async () => {
    const url = await freshUrl()
    const store = await open(url)
    stores.push(store)
    const unlock = await lockTable(url, 'usage_row')

    const reports = Array.from({ length: 10 }, () => store.sumUsage({ fromWallMs: 0, toWallMs: 2e12, groupBy: [] }))
    const reply = await store.apply('o1', [], 0)
    const key = await store.findKeyByHash('none')
    await unlock()

    expect([reply.results, key]).toEqual([[], null])
    expect(await Promise.all(reports)).toHaveLength(10)
  })

  test('a key is not waited for without end while PostgreSQL hangs', async () => {
    const url = await freshUrl()
    const time = openFakeClock(0)
    const store = await openPostgresStore({ url, connectionsMax: 4, scheduler: time.scheduler, random: systemRandom })
    stores.push(store)
    const unlock = await lockTable(url, 'api_key')

    const looked = faultOf(store.findKeyByHash('none'))
    time.advance(2_000)
    const fault = await looked
    await unlock()

    expect(fault.fault).toBe('unreachable')
  })

  test('a write that the network swallows is given up with its connection, and goes to the ledger once on another', async () => {
    const network = openFragileNetwork(server.url)
    const time = openFakeClock(0)
    const url = (await freshUrl()).replace(/:[0-9]+\//, `:${network.port}/`)
    const store = await openPostgresStore({ url, connectionsMax: 1, scheduler: time.scheduler, random: systemRandom })
    stores.push(store)
    const line = { account: 'global/day/usd', windowIndex: 1, cap: 1_000, amount: 100 }
    const op = { kind: 'reserve', holdId: 'o1.1', lines: [line], isDispatched: true } as const

    const swallowed = network.swallow()
    const first = faultOf(store.apply('o1', [op], 1, true))
    await swallowed
    time.advance(5_000)
    const fault = await first
    const second = await store.apply('o1', [op], 1, false)
    const [balance] = await store.balances()
    network.stop()

    expect([fault.fault, fault.message]).toEqual(['unreachable', 'PostgreSQL does not answer within 5000 ms'])
    expect([second.results[0]?.kind, balance?.held]).toEqual(['done', 100])
  })

  test('what a lost connection had locked is free by the time that the write goes again', async () => {
    const network = openFragileNetwork(server.url)
    const url = (await freshUrl()).replace(/:[0-9]+\//, `:${network.port}/`)
    const store = await open(url)
    stores.push(store)
    await store.apply('o1', [], 1)
    const line = { account: 'global/day/usd', windowIndex: 1, cap: 1_000, amount: 100 }
    const op = { kind: 'reserve', holdId: 'o1.1', lines: [line], isDispatched: true } as const

    void network.swallow('count(*) as owners')
    const fault = await faultOf(store.apply('o1', [op], 1, true))
    const second = await store.apply('o1', [op], 1, false)
    const [balance] = await store.balances()
    network.stop()

    expect(fault.message).toBe('PostgreSQL does not answer within 5000 ms')
    expect([second.results[0]?.kind, balance?.held]).toEqual(['done', 100])
  }, 30_000)

  test('a database that does not exist is named as what is wrong, without the address', async () => {
    const fault = await faultOf(open(server.url.replace(/postgres$/, 'nowhere')))

    expect([fault.fault, fault.message.includes('127.0.0.1')]).toEqual(['missing', false])
  })

  test('a server that is stopped and started: calls reject meanwhile, then work, and nothing acknowledged is lost', async () => {
    const store = await openFresh()
    await store.insertUsage([usageRow()])

    await server.kill()
    const fault = await faultOf(store.insertUsage([usageRow()]))
    await server.start()
    await eventually(() =>
      store.insertUsage([usageRow()]).then(
        () => true,
        () => false,
      ),
    )

    expect(fault.fault).toBe('unreachable')
    const [sum] = await store.sumUsage({ fromWallMs: 0, toWallMs: 2e12, groupBy: [] })
    expect(sum?.requests).toBeGreaterThanOrEqual(2)
  }, 180_000)
} else {
  test('PostgreSQL is not installed here, so nothing of its adapter was run', () => {
    expect(hasPostgres()).toBe(false)
  })
}
