import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { LEASE_TTL_MS } from '../../src/core/limits.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openStore } from '../../src/store/open-store.ts'

export interface RaceOptions {
  readonly databaseUrl: string | null
  readonly sqlitePath: string
  readonly seed: number
  readonly instances: number
  readonly requests: number
  readonly cap: number
  /** Instances killed with SIGKILL while the race runs; each is replaced by a new one. */
  readonly kills: number
}

export interface RaceResult {
  readonly admitted: number
  readonly refused: number
  readonly billed: number
  readonly spent: number
  readonly cap: number
  readonly overspend: number
  readonly reserved: number
  readonly differences: readonly string[]
}

/** Several processes spend one budget at once; the ledger is read when all are gone and every lease has run out. */
export async function runRace(options: RaceOptions): Promise<RaceResult> {
  const random = seededRandom(options.seed)
  const store = await openStore({ ...options, scheduler: systemScheduler, random })
  let serial = 0
  const spawn = () => {
    const seed = options.seed * 1_000 + serial
    const input = { ...options, seed, owner: `race-${options.seed}-${serial++}` }
    const worker = join(import.meta.dir, 'worker.ts')
    return Bun.spawn([process.execPath, worker, JSON.stringify(input)], { stderr: 'pipe' })
  }
  const running = Array.from({ length: options.instances }, spawn)
  for (let kill = 0; kill < options.kills; kill++) {
    await Bun.sleep(200 + random() * 300)
    const at = Math.floor(random() * running.length)
    const victim = running[at]
    victim?.kill('SIGKILL')
    await victim?.exited
    running[at] = spawn()
  }
  const totals = { admitted: 0, refused: 0, billed: 0 }
  for (const worker of running) {
    const [out, err] = await Promise.all([new Response(worker.stdout).text(), new Response(worker.stderr).text()])
    if (out === '') throw new Error(`an instance of the race failed: ${err}`)
    const one = JSON.parse(out) as typeof totals
    totals.admitted += one.admitted
    totals.refused += one.refused
    totals.billed += one.billed
  }
  const differences = [...(await store.verifyLedger())]
  while ((await store.expireLeases(Date.now() + LEASE_TTL_MS)) > 0);
  differences.push(...(await store.verifyLedger()))
  const balances = await store.balances()
  await store.close()
  return {
    ...totals,
    spent: Math.max(...balances.map((balance) => balance.spent)),
    cap: options.cap,
    overspend: Math.max(0, ...balances.map((balance) => balance.spent - balance.cap)),
    reserved: balances.reduce((sum, balance) => sum + balance.held + balance.leased, 0),
    differences,
  }
}
