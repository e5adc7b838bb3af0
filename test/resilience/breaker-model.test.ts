import { expect, test } from 'bun:test'
import { type Random, seededRandom } from '../../src/core/random.ts'
import {
  admit,
  type BreakerOptions,
  type BreakerOutcome,
  newBreaker,
  OPEN,
  type Permit,
  PROBING,
  resetBreaker,
  settlePermit,
} from '../../src/resilience/breaker.ts'
import { BreakerOracle } from './breaker-oracle.ts'
import { isFull, runSeed } from './seed.ts'

const TRACES = isFull ? 1_000_000 : 5_000
const OUTCOMES: readonly BreakerOutcome[] = ['success', 'failure', 'dropped', 'ignore']

test(`${TRACES} random traces lead the breaker and a naive one to the same answers and states`, () => {
  if (isFull) console.log(`breaker traces: seed ${runSeed}`)
  const visited = new Set<string>()

  for (let i = 0; i < TRACES; i++) {
    const difference = runTrace(seededRandom(runSeed + i), visited)
    if (difference !== null) throw new Error(`trace seed ${runSeed + i}: ${difference}`)
  }

  expect([...visited].sort()).toEqual(['closed', 'half_open', 'open'])
}, 600_000)

/** Plays one trace on both; returns the first difference. Failures are frequent, so that all states are met. */
function runTrace(random: Random, visited: Set<string>): string | null {
  const options = randomOptions(random)
  const breaker = newBreaker(options)
  const oracle = new BreakerOracle(options)
  const failing = random()
  const pending: { permit: Permit; ticket: Exclude<ReturnType<BreakerOracle['ask']>, string> }[] = []
  let nowMs = Math.floor(random() * 100_000)
  for (let step = 0; step < 60; step++) {
    nowMs += random() < 0.1 ? Math.floor(random() * 2 * options.openMs) : Math.floor(random() * 400)
    const chance = random()
    if (chance < 0.01) {
      resetBreaker(breaker)
      oracle.reset()
    } else if (chance < 0.5) {
      const permit = admit(breaker, nowMs)
      const ticket = oracle.ask(nowMs)
      const answer = permit === OPEN ? 'open' : permit === PROBING ? 'probing' : 'admitted'
      const expected = typeof ticket === 'string' ? ticket : 'admitted'
      if (answer !== expected) return `step ${step}: breaker says ${answer}, oracle ${expected}`
      if (typeof ticket !== 'string') pending.push({ permit, ticket })
    } else {
      const [done] = pending.splice(Math.floor(random() * pending.length), 1)
      if (done === undefined) continue
      const outcome = random() < failing ? 'failure' : (OUTCOMES[Math.floor(random() * 4)] ?? 'ignore')
      settlePermit(breaker, done.permit, outcome, nowMs)
      oracle.tell(done.ticket, outcome, nowMs)
    }
    if (breaker.state !== oracle.state) return `step ${step}: breaker is ${breaker.state}, oracle ${oracle.state}`
    visited.add(breaker.state)
  }
  return null
}

function randomOptions(random: Random): BreakerOptions {
  const pick = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
  return {
    failureThreshold: pick(1, 8),
    failureRatio: pick(1, 10) / 10,
    windowMs: 10_000,
    windowRequestsMin: pick(2, 20),
    openMs: pick(100, 3_000),
    openMsMax: pick(100, 9_000),
    probes: pick(1, 4),
  }
}
