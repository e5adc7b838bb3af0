import type { UsageSum } from '../../src/core/store.ts'
import type { Script } from '../../src/simulator/script.ts'
import { parseExposition } from '../support/exposition-parser.ts'
import type { RunningLynkr } from '../support/running-lynkr.ts'

/** What the client got, and what the simulator was asked. */
export interface Seen {
  readonly sent: number
  /** Whole answers of status 200. */
  readonly whole: number
  /** Answers of status 5xx, and streams that broke. */
  readonly failed: number
  /** Of these, the streams that broke. */
  readonly broken: number
  readonly tokensIn: number
  readonly tokensOut: number
  /** Requests that reached the simulator, attempts after the first included. */
  readonly upstream: number
}

const CONCURRENCY = 8

/** Each is met by the requests for a model of its own, so that any order of arrival gives the same sums. */
export const FAULTS_BEFORE_THE_ANSWER: readonly Script[] = [
  { status: 503, errorType: 'api_error', message: 'unavailable' },
  { status: 400, errorType: 'invalid_request_error', message: 'no' },
  { status: 529, headers: { 'retry-after-ms': '5' } },
  { fault: { type: 'reset', at: 'headers' } },
]

export const FAULTS_WITHIN_THE_ANSWER: readonly Script[] = [
  { blocks: [{ text: 'an answer that will not come to its end' }], fault: { type: 'eof', afterEvents: 4 } },
]

/** Sends the requests, half of them streams, and adds up what the answers say of themselves. */
export async function driveTraffic(lynkr: RunningLynkr, requests: number, faults: readonly Script[]): Promise<Seen> {
  lynkr.simulator.setDefault(...faults.map((script) => ({ ...script, match: { model: modelOf(script) } })), {
    blocks: [{ text: 'hello there, this is an answer' }],
    usage: { inputTokens: 100, cacheReadTokens: 50, outputTokens: 20 },
  })
  const sums = { sent: 0, whole: 0, failed: 0, broken: 0, tokensIn: 0, tokensOut: 0 }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const i = next++
      const isFaulty = i % 10 === 9
      const model = isFaulty ? modelOf(faults[Math.floor(i / 10) % faults.length]) : `claude-${i % 3}`
      add(sums, await tell(lynkr, model, i % 2 === 0 || isFaulty))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return { ...sums, upstream: upstreamRequests(lynkr) }
}

function modelOf(script: Script | undefined): string {
  return `faulty-${script?.fault?.type ?? script?.status}`
}

interface Told {
  readonly isWhole: boolean
  readonly isFailed: boolean
  readonly isBroken: boolean
  readonly tokensIn: number
  readonly tokensOut: number
}

function add(sums: { -readonly [K in keyof Omit<Seen, 'upstream'>]: number }, told: Told): void {
  sums.sent++
  if (told.isWhole) sums.whole++
  if (told.isFailed) sums.failed++
  if (told.isBroken) sums.broken++
  sums.tokensIn += told.tokensIn
  sums.tokensOut += told.tokensOut
}

async function tell({ ask }: RunningLynkr, model: string, stream: boolean): Promise<Told> {
  const answer = await ask({ model, stream })
  const text = await answer.text()
  const isBroken = stream && answer.ok && text.includes('event: error')
  const isFailed = answer.status >= 500 || isBroken
  const isWhole = answer.ok && !isBroken
  if (!answer.ok) return { isWhole, isFailed, isBroken, tokensIn: 0, tokensOut: 0 }
  return { isWhole, isFailed, isBroken, ...usageIn(text) }
}

/** The last numbers of each kind: a stream tells its output more than once. */
function usageIn(text: string): { tokensIn: number; tokensOut: number } {
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].at(-1)?.[1] ?? 0)
  return {
    tokensIn: last('input_tokens') + last('cache_read_input_tokens') + last('cache_creation_input_tokens'),
    tokensOut: last('output_tokens'),
  }
}

/** The simulator numbers what it gets from 0; the latest number counts all, those it no longer keeps included. */
function upstreamRequests({ simulator }: RunningLynkr): number {
  return (simulator.requests().at(-1)?.ordinal ?? -1) + 1
}

/** Both together; the simulator counts on. */
export function sum(one: Seen, two: Seen): Seen {
  return {
    sent: one.sent + two.sent,
    whole: one.whole + two.whole,
    failed: one.failed + two.failed,
    broken: one.broken + two.broken,
    tokensIn: one.tokensIn + two.tokensIn,
    tokensOut: one.tokensOut + two.tokensOut,
    upstream: two.upstream,
  }
}

/** Dollars per million tokens, of every model of the traffic. */
const PRICES = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }

/** What lynkr is configured with, so that every request has a price and a budget that counts it. */
export const ACCOUNTED = JSON.stringify({
  providers: { anthropic: {} },
  prices: { models: { 'claude-*': PRICES, 'faulty-*': PRICES } },
  budgets: [{ scope: 'global', window: 'month', usd: 1_000_000, tokens: 1e12, requests: 1e9 }],
})

/** In micro-dollars, what so many whole answers of the traffic cost; each is rounded up by itself. */
export function costOfAnswers(answers: number): number {
  return answers * Math.ceil(100 * PRICES.input + 50 * PRICES.cacheRead + 20 * PRICES.output)
}

/** The same facts by lynkr's books: what the budget was charged and holds, and what the usage rows add up to. */
export async function booksOf({ server, adminKey }: RunningLynkr) {
  const read = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${server.url}${path}`, { headers: { 'x-api-key': adminKey } })
    return ((await answer.json()) as { data: T }).data
  }
  const balances = await read<readonly { account: string; spent: number; held: number }[]>('/admin/ledger')
  const balance = (unit: string) => balances.find(({ account }) => account.endsWith(`/${unit}`))
  const [usage] = await read<readonly UsageSum[]>('/admin/usage?group_by=provider')
  return {
    ledgerMicroUsd: balance('usd')?.spent ?? -1,
    ledgerTokens: balance('tokens')?.spent ?? -1,
    held: balances.reduce((sum, { held }) => sum + held, 0),
    usageMicroUsd: usage?.costMicroUsd ?? -1,
    usageTokens:
      usage === undefined
        ? -1
        : usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens,
  }
}

/** The same facts by lynkr's own account. */
export async function totalsOf({ server }: RunningLynkr) {
  const families = parseExposition(await (await fetch(`${server.url}/metrics`)).text(), 'text')
  const total = (name: string): number =>
    (families.get(name)?.samples ?? []).reduce((all, sample) => all + sample.value, 0)
  return {
    requests: total('http_requests_total'),
    errors: total('http_request_errors_total'),
    attempts: total('lynkr_upstream_attempts_total'),
    retries: total('lynkr_upstream_retries_total'),
    tokensIn: total('tokens_input_total'),
    tokensOut: total('tokens_output_total'),
    microUsd: Math.round(total('cost_total') * 1e6),
  }
}
