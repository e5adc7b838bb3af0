/**
 * `probe.ts URL BARE-URL`, a process that neither load nor upstream can delay: asks at a steady rate for health, and for a batch
 * turn, which is what an overloaded lynkr refuses first, and times both, beside a server that does nothing. Any message
 * makes it send what it has measured.
 */
const EVERY_MS = 20
/** A limit for what is never answered: how long an answer takes is measured, and not what fails. */
const ANSWER_MS_MAX = 60_000

export interface Probed {
  readonly healthMs: readonly number[]
  readonly healthFailures: number
  /** Until a refusal was here. */
  readonly refusedMs: readonly number[]
  /** How late lynkr's event loop was, as it says itself: the p99 of each second. */
  readonly loopLagMs: readonly number[]
  /** Of the server that does nothing. */
  readonly bareMs: readonly number[]
}

const healthMs: number[] = []
const refusedMs: number[] = []
const bareMs: number[] = []
const loopLagMs: number[] = []
let healthFailures = 0

async function probeHealth(url: string): Promise<void> {
  const startMs = performance.now()
  const status = await statusOf(`${url}/health/live`)
  if (status !== 200) healthFailures++
  healthMs.push(performance.now() - startMs)
}

async function probeRefusal(url: string): Promise<void> {
  const startMs = performance.now()
  const status = await statusOf(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-claude-code-request-class': 'batch' },
    body: '{"model":"claude","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}',
  })
  if (status === 529) refusedMs.push(performance.now() - startMs)
}

async function probeBare(url: string): Promise<void> {
  const startMs = performance.now()
  if ((await statusOf(url)) === 200) bareMs.push(performance.now() - startMs)
}

async function probeLag(url: string): Promise<void> {
  const response = await fetch(`${url}/metrics/load-shedding`, patiently()).catch((): null => null)
  const signals = (await response?.json().catch((): null => null)) as { loop_lag_seconds: { now: number } } | null
  if (signals) loopLagMs.push(signals.loop_lag_seconds.now * 1_000)
}

async function statusOf(url: string, init: RequestInit = {}): Promise<number | null> {
  const response = await fetch(url, { ...init, ...patiently() }).catch((): null => null)
  await response?.text().catch((): null => null)
  return response?.status ?? null
}

function patiently(): RequestInit {
  return { signal: AbortSignal.timeout(ANSWER_MS_MAX) }
}

const [url = '', bareUrl = ''] = process.argv.slice(2)
process.on('message', () => process.send?.({ healthMs, healthFailures, refusedMs, bareMs, loopLagMs } satisfies Probed))
setInterval(() => void probeBare(bareUrl), EVERY_MS)
setInterval(() => void probeLag(url), 1_000)
setInterval(() => void probeHealth(url), EVERY_MS)
setInterval(() => void probeRefusal(url), EVERY_MS * 5)
