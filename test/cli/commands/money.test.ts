import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasKeyShape } from '../../../src/auth/key-format.ts'
import { OPEN_SCOPES } from '../../../src/auth/principal.ts'
import { budgets } from '../../../src/cli/commands/budgets.ts'
import { type KeysAction, keys } from '../../../src/cli/commands/keys.ts'
import { ledger } from '../../../src/cli/commands/ledger.ts'
import { formatRows } from '../../../src/cli/commands/table.ts'
import { dollars, usage } from '../../../src/cli/commands/usage.ts'
import { withStore } from '../../../src/cli/commands/with-store.ts'
import { SQLITE_MIGRATIONS } from '../../../src/store/migrations.ts'
import { STORE_FILE } from '../../../src/store/open-store.ts'
import { usageRow } from '../../support/store-contract-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

let serial = 0
function open() {
  const out: string[] = []
  const errors: string[] = []
  const dataDir = join(folder, String(serial++))
  const print = (line: string) => void out.push(line)
  const settings = { apiKeys: [], keys: [], providers: [] }
  const printError = (line: string) => void errors.push(line)
  return { place: { databaseUrl: undefined, dataDir }, settings, print, printError, out, errors }
}

describe('lynkr keys', () => {
  test('prints a new secret alone, once, and never again', async () => {
    const io = open()
    const run = (action: KeysAction) => keys({ ...io, action })

    const code = await run({ kind: 'create', fields: { name: 'laptop' } })
    const secret = io.out.pop() ?? ''
    await run({ kind: 'list', format: 'json' })
    const [{ id }] = JSON.parse(io.out.pop() ?? '[]') as [{ id: string }]
    await run({ kind: 'show', id })
    const shown = io.out.join('')

    expect([code, hasKeyShape(secret), shown.includes(secret), shown.includes('hash')]).toEqual([0, true, false, false])
  })

  test('is not made in a database of an older lynkr, which may still be running and could write nothing any more', async () => {
    const io = open()
    mkdirSync(io.place.dataDir)
    const old = new Database(join(io.place.dataDir, STORE_FILE))
    for (const migration of SQLITE_MIGRATIONS.slice(0, -1)) old.run(migration)
    old.run(`pragma user_version = ${SQLITE_MIGRATIONS.length - 1}`)

    const code = await keys({ ...io, action: { kind: 'create', fields: { name: 'laptop' } } })

    expect([code, io.out, io.errors]).toEqual([1, [], [expect.stringContaining('once `lynkr serve` has brought it')]])
    expect(old.query('pragma user_version').values()).toEqual([[SQLITE_MIGRATIONS.length - 1]])
  })

  test('rotates and revokes, and says when there is no such key', async () => {
    const io = open()
    const run = (action: KeysAction) => keys({ ...io, action })
    await run({ kind: 'create', fields: { name: 'laptop' } })
    await run({ kind: 'list', format: 'json' })
    const [{ id }] = JSON.parse(io.out.pop() ?? '[]') as [{ id: string }]

    const codes = [
      await run({ kind: 'rotate', id }),
      await run({ kind: 'revoke', id }),
      await run({ kind: 'show', id: 'x' }),
    ]
    await run({ kind: 'list', format: 'table' })

    expect(codes).toEqual([0, 0, 1])
    expect(io.errors.at(-1)).toBe('lynkr: there is no key x')
    expect(io.out.at(-1)).toContain('revoked')
  })

  test('takes a key by the name it was given, and asks for the id where several have it', async () => {
    const io = open()
    const run = (action: KeysAction) => keys({ ...io, action })
    await run({ kind: 'create', fields: { name: 'laptop' } })

    const codes = [await run({ kind: 'show', id: 'laptop' }), await run({ kind: 'rotate', id: 'laptop' })]
    await run({ kind: 'create', fields: { name: 'laptop' } })
    codes.push(await run({ kind: 'revoke', id: 'laptop' }))
    await run({ kind: 'list', format: 'json' })

    const rows: { id: string; state: string }[] = JSON.parse(io.out.at(-1) ?? '')
    expect(codes).toEqual([0, 0, 2])
    expect(io.errors.at(-1)).toBe(
      `lynkr: several keys are called laptop; say which by its id: ${rows[0]?.id}, ${rows[1]?.id}`,
    )
    expect(rows.map(({ state }) => state)).toEqual(['valid', 'valid'])
  })

  test('means the key that has not ended where an older one had the same name', async () => {
    const io = open()
    const run = (action: KeysAction) => keys({ ...io, action })
    await run({ kind: 'create', fields: { name: 'laptop' } })
    await run({ kind: 'revoke', id: 'laptop' })
    await run({ kind: 'create', fields: { name: 'laptop' } })

    const code = await run({ kind: 'rotate', id: 'laptop' })

    expect(code).toBe(0)
  })

  test('refuses a provider that there is not, with the near name, and takes one that is configured elsewhere', async () => {
    const io = open()
    const create = (providers: string[]) =>
      keys({ ...io, action: { kind: 'create', fields: { name: 'ci', providers } } })

    const codes = [await create(['nope']), await create(['anthropic', 'bedrok']), await create(['bedrock'])]

    expect(codes).toEqual([2, 2, 0])
    expect(io.errors[0]).toStartWith('lynkr: providers: there is no provider "nope"; there are databricks, ')
    expect(io.errors[1]).toBe('lynkr: providers: there is no provider "bedrok"; did you mean bedrock?')
  })

  test('lists the keys of the file and of the environment as such, without anything secret', async () => {
    const io = open()
    const key = { id: 'alice', hash: 'a'.repeat(64), user: 'alice', team: null, scopes: OPEN_SCOPES, expiresWallMs: 1 }
    const settings = { ...io.settings, keys: [key], apiKeys: ['one-secret-of-the-environment'] }
    const run = (action: KeysAction) => keys({ ...io, settings, action })
    await run({ kind: 'create', fields: { name: 'laptop' } })

    await run({ kind: 'list', format: 'json' })
    const rows: { id: string; from: string; state: string }[] = JSON.parse(io.out.at(-1) ?? '')
    const codes = [await run({ kind: 'revoke', id: 'alice' }), await run({ kind: 'show', id: 'static_1' })]

    expect(rows.map(({ from, state }) => `${from} ${state}`)).toEqual([
      'store valid',
      'file expired',
      'LYNKR_API_KEYS valid',
    ])
    expect(io.out.at(-1)).not.toMatch(/secret|aaaa/)
    expect(codes).toEqual([1, 1])
    expect(io.errors.at(-2)).toContain('alice stands in the section keys: of the configuration file')
    expect(io.errors.join('')).not.toContain('It is the first')
  })
})

test('lynkr usage sums what the store has, exactly', async () => {
  const io = open()
  await withStore(io, async (store) => {
    await store.insertUsage([usageRow({ costMicroUsd: 1 }), usageRow({ costMicroUsd: 2_000_000 })])
    return 0
  })

  const code = await usage({ ...io, groupBy: ['key'], fromWallMs: 0, toWallMs: 2e12, format: 'csv' })

  expect(code).toBe(0)
  expect(io.out).toEqual(['key,requests,input,cache read,cache write,output,usd\nk1,2,2,4,6,8,2.000001'])
})

test('lynkr usage says how many requests count as nothing, beside what it prints', async () => {
  const io = open()
  await withStore(io, async (store) => {
    await store.insertUsage([usageRow(), usageRow({ costMicroUsd: 0 }), usageRow({ costMicroUsd: 0, keyId: 'k2' })])
    return 0
  })

  await usage({ ...io, groupBy: ['key'], fromWallMs: 0, toWallMs: 2e12, format: 'csv' })

  expect(io.out.join('')).not.toContain('count as 0')
  expect(io.errors).toEqual([expect.stringContaining('2 requests count as 0 dollars')])
})

describe('lynkr ledger', () => {
  async function spend(io: ReturnType<typeof open>, tamper: string | null): Promise<void> {
    const lines = [{ account: 'key:a/b/month/usd', windowIndex: 682, cap: 100, amount: 40 }]
    await withStore(io, async (store) => {
      await store.apply('o', [{ kind: 'reserve', holdId: 'o.1', lines, isDispatched: false }], 1)
      await store.apply('o', [{ kind: 'settle', holdId: 'o.1', lines, keepsRest: false }], 2)
      return 0
    })
    if (tamper === null) return
    const { Database } = await import('bun:sqlite')
    new Database(join(io.place.dataDir, STORE_FILE)).run(tamper)
  }

  test('verify says that the books balance', async () => {
    const io = open()
    await spend(io, null)

    expect(await ledger({ ...io, action: { kind: 'verify' } })).toBe(0)
    expect(io.out).toEqual(['1 balances checked: every balance is what its journal adds up to'])
  })

  test.each(['update budget_balance set spent = spent + 1', "delete from journal where kind = 'settle'"])(
    'verify finds %p',
    async (tamper) => {
      const io = open()
      await spend(io, tamper)

      expect(await ledger({ ...io, action: { kind: 'verify' } })).toBe(1)
      expect(io.errors[0]).toStartWith('key:a/b/month/usd#682: ')
    },
  )

  test('the journal cannot be rewritten', async () => {
    expect(spend(open(), 'update journal set amount = 1')).rejects.toThrow('append-only')
  })

  test('balances name their window', async () => {
    const io = open()
    await spend(io, null)

    await ledger({ ...io, action: { kind: 'balances', format: 'json' } })

    expect(JSON.parse(io.out[0] ?? '')[0]).toMatchObject({
      window: '2026-11-01T00:00Z',
      unit: 'micro-dollars',
      spent: 40,
    })
  })
})

test('a store that cannot be opened ends the command with one sentence', async () => {
  const io = open()
  await keys({ ...io, action: { kind: 'create', fields: { name: 'laptop' } } })
  writeFileSync(join(io.place.dataDir, STORE_FILE), 'x'.repeat(9_000))
  io.errors.length = 0

  expect(await keys({ ...io, action: { kind: 'list', format: 'table' } })).toBe(1)
  expect(io.errors).toHaveLength(1)
})

test('cells of a CSV are quoted where they must be, and never run as a formula', () => {
  expect(formatRows('csv', ['a', 'b'], [['=1+1', 'x,"y"']])).toBe('a,b\n\'=1+1,"x,""y"""')
  expect([dollars(0), dollars(1_234_567)]).toEqual(['0.000000', '1.234567'])
})

describe('lynkr budgets', () => {
  const rules = [{ scope: 'global', match: '*', window: 'day', unit: 'usd', cap: 2_500_000, softRatio: 0.8 }] as const

  test('shows dollars to people and micro-dollars to programs', async () => {
    const io = open()

    const codes = []
    for (const format of ['table', 'json'] as const) {
      codes.push(await budgets({ ...io, rules, wallMs: Date.parse('2026-11-22T18:00Z'), format }))
    }
    const [table = '', json = ''] = io.out

    expect(codes).toEqual([0, 0])
    expect(table.split('\n')[1]).toBe(
      'global  *   day     usd   2.500000  0.000000  0.000000  2.500000  2026-11-23 00:00',
    )
    expect(JSON.parse(json)).toMatchObject([{ limit: 2_500_000, spent: 0, left: 2_500_000, unit: 'micro_usd' }])
  })

  test('says so when there is none, and prints an empty list for programs', async () => {
    const io = open()

    await budgets({ ...io, rules: [], wallMs: 0, format: 'table' })
    await budgets({ ...io, rules: [], wallMs: 0, format: 'json' })

    expect(io.errors).toEqual(['no budget is configured, or nothing has counted towards one yet'])
    expect(io.out.at(-1)).toBe('[]')
  })
})

test('keys and the ledger answer programs with one JSON document', async () => {
  const io = open()
  const run = async (action: KeysAction) => {
    await keys({ ...io, action })
    return JSON.parse(io.out.pop() ?? '') as { id: string; secret?: string; revoked: string | null }
  }

  const made = await run({ kind: 'create', fields: { name: 'ci' }, isJson: true })
  const rotated = await run({ kind: 'rotate', id: made.id, isJson: true })
  const revoked = await run({ kind: 'revoke', id: made.id, isJson: true })
  await ledger({ ...io, action: { kind: 'verify', isJson: true } })

  expect([hasKeyShape(made.secret ?? ''), rotated.secret === made.secret]).toEqual([true, false])
  expect([revoked.secret, typeof revoked.revoked]).toEqual([undefined, 'string'])
  expect(JSON.parse(io.out.pop() ?? '')).toEqual({ ok: true, balances: 0, differences: [] })
  expect(io.errors).toEqual([])
})
