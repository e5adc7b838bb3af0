import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasPostgres, startPostgres } from '../support/postgres.ts'
import { type RaceResult, runRace } from './race.ts'

const CAP = 1_000_000
const folder = mkdtempSync(join(tmpdir(), 'lynkr-race-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The scaled-down race; `bun run test:budget-race` runs it in full. */
const small = { seed: 7, instances: 3, requests: 150, cap: CAP, kills: 0 }

function expectSound(result: RaceResult): void {
  expect(result).toMatchObject({ overspend: 0, reserved: 0, differences: [] })
}

test('processes that share a SQLite file spend one budget to the last per cent and never beyond', async () => {
  const result = await runRace({ ...small, databaseUrl: null, sqlitePath: join(folder, 'a.db') })

  expectSound(result)
  expect(result.spent).toBeGreaterThanOrEqual(CAP * 0.99)
  expect(result.billed).toBe(result.spent)
}, 180_000)

test('a killed process is charged for what it had in flight, and leaves nothing reserved', async () => {
  expectSound(await runRace({ ...small, kills: 2, databaseUrl: null, sqlitePath: join(folder, 'b.db') }))
}, 180_000)

if (hasPostgres()) {
  test('processes that share PostgreSQL spend one budget to the last per cent and never beyond', async () => {
    const server = await startPostgres()

    const result = await runRace({ ...small, databaseUrl: server.url, sqlitePath: '' })
    await server.stop()

    expectSound(result)
    expect(result.spent).toBeGreaterThanOrEqual(CAP * 0.99)
    expect(result.billed).toBe(result.spent)
  }, 180_000)
}
