import { openBudgetGate } from '../../src/budget/gate.ts'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { toProxyError } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openStore } from '../../src/store/open-store.ts'
import { costing, dailyUsd, SUBJECT, spent } from '../support/budgets.ts'

/**
 * One instance of a race: sends its requests all at once, then small ones until the budget is exhausted at rest.
 * Prints `{admitted, refused, billed}`; `billed` is what a simulated upstream charged, in micro-dollars.
 */
interface RaceInput {
  readonly databaseUrl: string | null
  readonly sqlitePath: string
  readonly owner: string
  readonly seed: number
  readonly requests: number
  readonly cap: number
}

/** Refusals in a row, with a pause between them, after which the budget counts as exhausted. */
const REFUSALS_AT_REST = 8
const PAUSE_MS = 150
const MAINTAIN_MS = 100

const input = JSON.parse(process.argv[2] ?? '{}') as RaceInput
const random = seededRandom(input.seed)
const store = await openStore({ ...input, scheduler: systemScheduler, random })
const gate = openBudgetGate({
  rules: [dailyUsd(input.cap, { window: 'month' }), dailyUsd(input.cap, { scope: 'key', window: 'month' })],
  store,
  owner: input.owner,
  clock: systemClock,
  scheduler: systemScheduler,
  onStoreDown: 'refuse',
  onSoftLimit: () => undefined,
  onStoreFault: (cause) => console.error(String(cause)),
})
const timer = setInterval(() => void gate.maintain(), MAINTAIN_MS)
let admitted = 0
let refused = 0
let billed = 0

async function request(most: number, share: number, durationMs: number): Promise<boolean> {
  const hold = await Promise.try(() => gate.reserve(SUBJECT, costing(most))).catch((thrown) => {
    if (toProxyError(thrown).kind !== 'budget_exhausted') throw thrown
    refused++
    return null
  })
  if (hold === null) return false
  admitted++
  await Bun.sleep(durationMs)
  const cost = Math.floor(most * share)
  billed += cost
  gate.settle(hold, spent(cost))
  return true
}

const most = Math.floor((input.cap / input.requests) * 2)
await Promise.all(
  Array.from({ length: input.requests }, () => request(1 + Math.floor(random() * most), random(), random() * 20)),
)
const small = Math.max(1, Math.floor(input.cap / 500))
for (let refusals = 0; refusals < REFUSALS_AT_REST; ) {
  if (await request(small, 1, 0)) refusals = 0
  else {
    refusals++
    await Bun.sleep(PAUSE_MS)
  }
}
clearInterval(timer)
while (!(await gate.drain())) await Bun.sleep(PAUSE_MS)
await store.close()
console.log(JSON.stringify({ admitted, refused, billed }))
