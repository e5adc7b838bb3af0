import type { Script } from '../../src/simulator/script.ts'
import { parseExposition } from '../support/exposition-parser.ts'
import type { RunningLynkr } from '../support/running-lynkr.ts'

/** What the client got, and what the simulator was asked. */
export interface Seen {
  readonly sent: number
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

export const FAULTS_WITHIN_THE_ANSWER: readonly Script[] = [{ fault: { type: 'eof', afterEvents: 6 } }]

/** Sends the requests, half of them streams, and adds up what the answers say of themselves. */
export async function driveTraffic(lynkr: RunningLynkr, requests: number, faults: readonly Script[]): Promise<Seen> {
  lynkr.simulator.setDefault(...faults.map((script) => ({ ...script, match: { model: modelOf(script) } })), {
    blocks: [{ text: 'hello there, this is an answer' }],
    usage: { inputTokens: 100, cacheReadTokens: 50, outputTokens: 20 },
  })
  const sums = { sent: 0, failed: 0, broken: 0, tokensIn: 0, tokensOut: 0 }
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
  readonly isFailed: boolean
  readonly isBroken: boolean
  readonly tokensIn: number
  readonly tokensOut: number
}

function add(sums: { -readonly [K in keyof Omit<Seen, 'upstream'>]: number }, told: Told): void {
  sums.sent++
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
  if (!answer.ok) return { isFailed, isBroken, tokensIn: 0, tokensOut: 0 }
  return { isFailed, isBroken, ...usageIn(text) }
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
    failed: one.failed + two.failed,
    broken: one.broken + two.broken,
    tokensIn: one.tokensIn + two.tokensIn,
    tokensOut: one.tokensOut + two.tokensOut,
    upstream: two.upstream,
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
  }
}
