import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, seededRandom } from '../../src/core/random.ts'
import type { Script } from '../../src/simulator/script.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { type Instance, startInstance } from './instance.ts'

/**
 * Money is told four times: by the metrics, by the log, by the usage rows and by the ledger. Under every fault at once
 * they must agree to the micro-dollar, and with what the upstream charged.
 */
const REQUESTS = 300
const AT_ONCE = 12
const SEED = 20_261_129
const LIMIT_MS = 120_000

let home = ''
const simulators: Simulator[] = []

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'lynkr-truth-'))
  for (let i = 0; i < 2; i++) simulators.push(await startSimulator({ requestsKept: 10_000, seed: i + 1 }))
})
afterAll(async () => {
  for (const simulator of simulators) await simulator.stop()
  rmSync(home, { recursive: true, force: true })
})

/** Cost of a script's answer: a micro-dollar per token in, two per token out. */
interface Priced {
  readonly script: Script
  readonly microUsd: number
}

const FAULTS: readonly Script[] = [
  { status: 500 },
  { status: 429, headers: { 'retry-after': '0' } },
  { status: 529 },
  { fault: { type: 'close' } },
  { fault: { type: 'reset', at: 'headers' } },
  { fault: { type: 'reset', at: 'body', afterEvents: 5 } },
  { fault: { type: 'eof', afterEvents: 6 } },
  { fault: { type: 'error_event', afterEvents: 4 } },
  { fault: { type: 'malformed' } },
  { fault: { type: 'usage', mode: 'duplicate' } },
  { fault: { type: 'html' } },
]

function draw(random: Random): Priced {
  const inputTokens = 1 + Math.floor(random() * 500)
  const outputTokens = 1 + Math.floor(random() * 90)
  const text = 'word '.repeat(1 + Math.floor(random() * 20))
  const fault = random() < 0.35 ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? {}) : {}
  const script = { blocks: [{ text }], usage: { inputTokens, outputTokens }, ...fault }
  return { script, microUsd: inputTokens + 2 * outputTokens }
}

/** What a simulator charges: whole answers in full; those that broke, or that nobody waited for, at most so. */
function billOf(simulator: Simulator, priced: readonly Priced[]) {
  let least = 0
  let most = 0
  for (const { ordinal, path, status, aborted, headers } of simulator.requests()) {
    const one = path === '/v1/models' ? undefined : priced[ordinal - offsetOf(simulator)]
    if (one === undefined || status === null || status >= 400) continue
    const wasWaitedFor = !aborted && headers.get('x-hasty') === null
    const isWhole = wasWaitedFor && (one.script.fault === undefined || one.script.fault.type === 'usage')
    if (isWhole) least += one.microUsd
    most += one.microUsd
  }
  return { least, most }
}

/** Requests that came before the first scripted one, such as for the list of models. */
function offsetOf(simulator: Simulator): number {
  return simulator.requests().find(({ path }) => path !== '/v1/models')?.ordinal ?? 0
}

async function work(lynkr: Instance, random: Random, count: number): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const leave = new AbortController()
      const isHasty = random() < 0.15
      const isCached = random() < 0.2
      const headers = {
        'x-stainless-retry-count': '0',
        ...(isCached && { 'x-lynkr-cache': 'on' }),
        ...(isHasty && { 'x-hasty': 'yes' }),
      }
      const content = isCached ? `question ${Math.floor(random() * 5)}` : `question ${random()}`
      const body = { stream: random() < 0.6, messages: [{ role: 'user', content }] }
      const asking = lynkr.ask(body, { headers, signal: leave.signal })
      if (isHasty) setTimeout(() => leave.abort(), random() * 20)
      await asking.then((response) => response.text()).catch(() => '')
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** The costs of the access lines, in micro-dollars. */
function loggedMicroUsd(output: string): number {
  const costs = [...output.matchAll(/"cost_usd":([0-9.e-]+)/g)].map(([, usd]) => Math.round(Number(usd) * 1e6))
  return costs.reduce((sum, cost) => sum + cost, 0)
}

test(
  'metrics, log, usage and ledger tell one sum under faults, cuts, retries, failover, aborts and cache hits',
  async () => {
    const random = seededRandom(SEED)
    const [first, second] = simulators
    if (first === undefined || second === undefined) throw new Error('two simulators')
    const priced = simulators.map((simulator) => {
      const scripts = Array.from({ length: REQUESTS * 4 }, () => draw(random))
      simulator.enqueue(...scripts.map(({ script }) => script))
      return scripts
    })
    const config = `providers:
  anthropic: { key: sk-ant-x, base: "${first.url}" }
  openai: { key: sk-x, base: "${second.url}" }
routes:
  claude-sonnet-5-5: [anthropic/claude-sonnet-5-5, openai/gpt-5]
budgets:
  - { scope: global, window: month, usd: 1000 }
`
    const env = {
      RESPONSE_CACHE_ENABLED: 'true',
      CIRCUIT_BREAKER_FAILURE_THRESHOLD: '10000',
      LYNKR_LOG_FLOOD_LINES: '0',
    }
    const lynkr = await startInstance({ folder: home, home, simulatorUrl: first.url, config, env })

    await work(lynkr, random, REQUESTS)
    await eventually(async () => (await lynkr.metric('lynkr_requests_inflight')) === 0, 20_000)
    await eventually(async () => {
      const [balance] = await lynkr.balances()
      return balance?.held === 0 && (await lynkr.usageMicroUsd()) === balance.spent
    }, 180_000)
    const [balance] = await lynkr.balances()
    const metered = Math.round((await lynkr.metric('cost_total')) * 1e6)
    const used = await lynkr.usageMicroUsd()
    const differences = await lynkr.differences()
    await lynkr.server.stop()
    const logged = loggedMicroUsd(lynkr.server.output())
    const bills = simulators.map((simulator, i) => billOf(simulator, priced[i] ?? []))
    const least = bills.reduce((sum, bill) => sum + bill.least, 0)
    const most = bills.reduce((sum, bill) => sum + bill.most, 0)

    expect(differences).toEqual([])
    expect({ metered, used, logged }).toEqual({
      metered: balance?.spent ?? -1,
      used: balance?.spent ?? -1,
      logged: balance?.spent ?? -1,
    })
    expect(balance?.spent).toBeGreaterThanOrEqual(least)
    expect(balance?.spent).toBeLessThanOrEqual(most)
    expect(bills.every((bill) => bill.least > 0)).toBe(true)
  },
  LIMIT_MS,
)
