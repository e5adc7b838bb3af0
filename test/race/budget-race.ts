import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SQL } from 'bun'
import { hasPostgres, startPostgres, type TestServer } from '../support/postgres.ts'
import { type KillResult, runKills } from './kills.ts'
import { type RaceResult, runRace } from './race.ts'

/**
 * `bun run test:budget-race [--seeds 20] [--requests 10000] [--kills 200]`: on every store, four instances send so many
 * requests at once under one cap, seed by seed; then a random instance is killed with SIGKILL again and again. A row that
 * is not sound is a failure.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '200' },
  },
})
const [seeds, requests, kills] = [values.seeds, values.requests, values.kills].map(Number)
const INSTANCES = 4
const CAP = 10_000_000
/** Of a minute: some twenty seconds of what the instances spend. */
const KILL_CAP = 20_000_000
/** A lease's 25 s, and what a loaded machine takes to look. */
const LEASE_END_MS = 60_000

interface Place {
  readonly name: string
  readonly databaseUrl: string | null
  readonly sqlitePath: string
}

const folder = mkdtempSync(join(tmpdir(), 'lynkr-race-'))
let passed = 0
let failed = 0

function row(cells: readonly (string | number)[], isSound: boolean): void {
  if (isSound) passed++
  else failed++
  console.log([...cells, isSound ? 'sound' : 'WRONG'].map((cell) => String(cell).padStart(10)).join(' '))
}

function head(cells: string): void {
  console.log(
    cells
      .split(' ')
      .map((cell) => cell.padStart(10))
      .join(' '),
  )
}

function raceRow({ name }: Place, seed: number, race: RaceResult): void {
  const usable = race.spent / race.cap
  const isSound =
    race.overspend === 0 && race.reserved === 0 && race.differences.length === 0 && race.billed === race.spent
  const { admitted, refused, billed, spent, cap, overspend, reserved } = race
  const used = `${(usable * 100).toFixed(2)}%`
  const cells = [name, seed, admitted, refused, billed, spent, cap, overspend, reserved, used]
  row(cells, isSound && usable >= 0.99)
}

/** A request may be unknown to the journal only if its instance was killed before the store had answered it. */
function killRow({ name }: Place, killed: KillResult): void {
  const { sent, refused, spent, overspend, freeAfterMs, unwritten, unwrittenAlive, mischarged, differences } = killed
  const isBooked = differences.length === 0 && mischarged.length === 0 && unwrittenAlive === 0
  const isSound = overspend === 0 && freeAfterMs <= LEASE_END_MS && isBooked && unwritten <= sent / 100
  const free = `${(freeAfterMs / 1_000).toFixed(1)}s`
  row([name, killed.kills, sent, refused, spent, overspend, free, unwritten, mischarged.length], isSound)
  for (const what of [...differences, ...mischarged].slice(0, 10)) console.log(`    ${what}`)
}

async function runAll(store: string, place: (run: string) => Promise<Place>): Promise<void> {
  for (let seed = 1; seed <= Number(seeds); seed++) {
    const at = await place(`${store}-${seed}`)
    const perInstance = Math.ceil(Number(requests) / INSTANCES)
    raceRow(at, seed, await runRace({ ...at, seed, instances: INSTANCES, requests: perInstance, cap: CAP, kills: 0 }))
  }
  if (kills === 0) return
  const at = await place(`${store}-kills`)
  head('store kills sent refused spent overspend free unwritten mischarged')
  killRow(at, await runKills({ ...at, seed: 1, instances: INSTANCES, kills: Number(kills), cap: KILL_CAP }))
}

async function onPostgres(server: TestServer, run: string): Promise<Place> {
  const admin = new SQL({ url: server.url, max: 1 })
  const database = run.replaceAll('-', '_')
  await admin.unsafe(`create database ${database}`)
  await admin.close()
  return { name: 'postgres', databaseUrl: server.url.replace(/postgres$/, database), sqlitePath: '' }
}

head('store seed admitted refused billed spent cap overspend reserved used')
await runAll('sqlite', async (run) => ({ name: 'sqlite', databaseUrl: null, sqlitePath: join(folder, `${run}.db`) }))
if (hasPostgres()) {
  const server = await startPostgres()
  head('store seed admitted refused billed spent cap overspend reserved used')
  await runAll('postgres', (run) => onPostgres(server, run))
  await server.stop()
} else console.log('postgres: not installed here, not run')
rmSync(folder, { recursive: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
