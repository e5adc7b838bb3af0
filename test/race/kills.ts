import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { Balance, Store } from '../../src/core/store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { type HoldSum, readHolds } from './journal.ts'
import type { KillInput } from './kill-rules.ts'

export interface KillOptions extends Omit<KillInput, 'owner'> {
  readonly instances: number
  readonly kills: number
}

export interface KillResult {
  readonly kills: number
  readonly sent: number
  readonly refused: number
  readonly spent: number
  /** The most that any bucket was charged beyond its cap. */
  readonly overspend: number
  /** From the last kill until nothing was held or leased, by the real clock. */
  readonly freeAfterMs: number
  /** What `verifyLedger` found, while instances died and at rest. */
  readonly differences: readonly string[]
  /** Requests that were sent and that the journal does not know: of all instances, and of those that were not killed. */
  readonly unwritten: number
  readonly unwrittenAlive: number
  /** Requests that were charged neither what they cost nor, with their instance dead, what they were estimated at. */
  readonly mischarged: readonly string[]
}

type Told =
  | { readonly kind: 'ready' | 'refused' | 'done' }
  | { readonly kind: 'sent'; readonly id: string; readonly most: number }
  | { readonly kind: 'cost'; readonly id: string; readonly cost: number }

interface Request {
  readonly most: number
  cost: number | null
  wasKilled: boolean
}

const VERIFY_EVERY_KILLS = 10
/** A lease, one round of maintenance, and the processor's mood. */
const FREE_WITHIN_MS = 60_000

/** Kills instances at random while they spend one budget, and compares the journal with what they told before they died. */
export async function runKills(options: KillOptions): Promise<KillResult> {
  const random = seededRandom(options.seed)
  const store = await openStore({ ...options, scheduler: systemScheduler, random })
  const requests = new Map<string, Request>()
  const differences: string[] = []
  let refused = 0
  let serial = 0

  async function spawn() {
    const owner = `kill-${options.seed}-${serial}`
    const input: KillInput = { ...options, owner, seed: options.seed * 1_000 + serial++ }
    const ready = Promise.withResolvers<void>()
    const onTold = (told: Told): void => {
      if (told.kind === 'ready') ready.resolve()
      else if (told.kind === 'refused') refused++
      else if (told.kind === 'sent') requests.set(told.id, { most: told.most, cost: null, wasKilled: false })
      else if (told.kind === 'cost') Object.assign(requests.get(told.id) ?? {}, { cost: told.cost })
    }
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'killed-worker.ts'), JSON.stringify(input)], {
      stdio: ['ignore', 'inherit', 'inherit'],
      ipc: onTold,
    })
    await Promise.race([ready.promise, child.exited])
    return { child, owner }
  }

  const running = await Promise.all(Array.from({ length: options.instances }, spawn))
  for (let kill = 1; kill <= options.kills; kill++) {
    await Bun.sleep(random() * 200)
    const at = Math.floor(random() * running.length)
    const victim = running[at]
    victim?.child.kill('SIGKILL')
    await victim?.child.exited
    for (const [id, request] of requests) if (id.startsWith(`${victim?.owner}.`)) request.wasKilled = true
    running[at] = await spawn()
    if (kill % VERIFY_EVERY_KILLS === 0) differences.push(...(await store.verifyLedger()))
  }
  const lastKill = performance.now()
  for (const { child } of running) child.send('stop')
  await Promise.all(running.map(({ child }) => child.exited))
  const balances = await untilFree(store)
  const freeAfterMs = performance.now() - lastKill
  differences.push(...(await store.verifyLedger()))
  await store.close()
  const holds = await readHolds(options)
  const unwritten = [...requests].filter(([id]) => !holds.has(id))
  return {
    kills: options.kills,
    sent: requests.size,
    refused,
    spent: balances.filter(({ account }) => account.startsWith('global')).reduce((sum, { spent }) => sum + spent, 0),
    overspend: Math.max(0, ...balances.map(({ spent, cap }) => spent - cap)),
    freeAfterMs,
    differences,
    unwritten: unwritten.length,
    unwrittenAlive: unwritten.filter(([, { wasKilled }]) => !wasKilled).length,
    mischarged: [...requests].flatMap(([id, request]) => chargedWrong(id, request, holds.get(id))),
  }
}

/** Asks as a running instance would, every second, until the last lease has ended. */
async function untilFree(store: Store): Promise<readonly Balance[]> {
  for (const sinceMs = performance.now(); ; await Bun.sleep(500)) {
    await store.expireLeases(Date.now())
    const balances = await store.balances()
    const isFree = balances.every(({ held, leased }) => held === 0 && leased === 0)
    if (isFree || performance.now() - sinceMs > FREE_WITHIN_MS) return balances
  }
}

function chargedWrong(id: string, { most, cost, wasKilled }: Request, hold: HoldSum | undefined): readonly string[] {
  if (hold === undefined) return []
  const wanted = wasKilled ? [most, cost] : [cost]
  return hold.charges.every((charged) => wanted.includes(charged)) ? [] : [`${id}: ${hold.charges}, not ${wanted}`]
}
