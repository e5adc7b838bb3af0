import { openBudgetGate } from '../../src/budget/gate.ts'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { toProxyError } from '../../src/core/errors.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openStore } from '../../src/store/open-store.ts'
import { costing, SUBJECT, spent } from '../support/budgets.ts'
import { type KillInput, LANES, rulesOf } from './kill-rules.ts'

/**
 * One instance that may be killed at any moment: keeps requests under way until it is told to stop. It tells its
 * parent of each one when it is sent, and of its cost before it is settled, so that somebody remembers who cannot die.
 */
const input = JSON.parse(process.argv[2] ?? '{}') as KillInput
const random = seededRandom(input.seed)
const store = await openStore({ ...input, scheduler: systemScheduler, random })
const gate = openBudgetGate({
  rules: rulesOf(input.cap),
  store,
  owner: input.owner,
  clock: systemClock,
  scheduler: systemScheduler,
  onStoreDown: 'refuse',
  onSoftLimit: () => undefined,
  onStoreFault: (cause) => console.error(String(cause)),
})
const MAINTAIN_MS = 1_000
const timer = setInterval(() => void gate.maintain(), MAINTAIN_MS)
let isStopping = false
process.on('message', () => {
  isStopping = true
})

async function lane(): Promise<void> {
  while (!isStopping) {
    const most = 1 + Math.floor(random() * 10_000)
    const hold = await Promise.try(() => gate.reserve(SUBJECT, costing(most))).catch((thrown) => {
      if (toProxyError(thrown).kind !== 'budget_exhausted') throw thrown
      return null
    })
    if (hold === null) {
      process.send?.({ kind: 'refused' })
      await Bun.sleep(20)
      continue
    }
    process.send?.({ kind: 'sent', id: hold.id, most })
    await Bun.sleep(random() * 30)
    const cost = Math.floor(most * random())
    process.send?.({ kind: 'cost', id: hold.id, cost })
    gate.settle(hold, spent(cost))
  }
}

await gate.maintain()
process.send?.({ kind: 'ready' })
await Promise.all(Array.from({ length: LANES }, lane))
clearInterval(timer)
while (!(await gate.drain())) await Bun.sleep(MAINTAIN_MS)
await store.close()
process.send?.({ kind: 'done' })
process.disconnect?.()
