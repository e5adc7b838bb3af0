import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SQL } from 'bun'
import { hasPostgres, startPostgres } from '../support/postgres.ts'
import { type RaceResult, runRace } from './race.ts'

/**
 * `bun run test:budget-race [seeds] [requests] [kills]`: races 4 instances over one budget on every store, one row per
 * store and seed. Ends with 1 if a budget was overspent, less than 99 % usable, or the books do not balance.
 */
const [seeds = 3, requests = 2_500, kills = 0] = process.argv.slice(2).map(Number)
const CAP = 10_000_000
const folder = mkdtempSync(join(tmpdir(), 'lynkr-race-'))
let isSound = true

function print(store: string, seed: number, result: RaceResult): void {
  const usable = result.spent / result.cap
  // What a killed instance held is charged as estimated, and its slice is free only when its lease has ended.
  const isBilled = kills > 0 || (result.billed === result.spent && usable >= 0.99)
  isSound &&= result.overspend === 0 && result.reserved === 0 && isBilled && result.differences.length === 0
  const cells = [store, seed, result.admitted, result.refused, result.billed, result.spent, result.cap]
  const rest = [result.overspend, result.reserved, `${(usable * 100).toFixed(2)} %`, result.differences.length]
  console.log([...cells, ...rest].map((cell) => String(cell).padStart(10)).join(' '))
}

const heads = [
  'store',
  'seed',
  'admitted',
  'refused',
  'billed',
  'spent',
  'cap',
  'overspend',
  'reserved',
  'used',
  'wrong',
]
console.log(heads.map((head) => head.padStart(10)).join(' '))
const race = { instances: 4, requests, cap: CAP, kills }
for (let seed = 1; seed <= seeds; seed++) {
  const sqlitePath = join(folder, `${seed}.db`)
  print('sqlite', seed, await runRace({ ...race, databaseUrl: null, sqlitePath, seed }))
}
if (hasPostgres()) {
  const server = await startPostgres()
  const admin = new SQL({ url: server.url, max: 1 })
  for (let seed = 1; seed <= seeds; seed++) {
    await admin.unsafe(`create database race_${seed}`)
    const databaseUrl = server.url.replace(/postgres$/, `race_${seed}`)
    print('postgres', seed, await runRace({ ...race, databaseUrl, sqlitePath: '', seed }))
  }
  await admin.close()
  await server.stop()
} else console.log('postgres: not installed here, not run')
rmSync(folder, { recursive: true })
process.exit(isSound ? 0 : 1)
