import { parentPort } from 'node:worker_threads'

/**
 * A worker with an event loop of its own, which neither load nor upstream can delay: asks at a steady rate for health,
 * and for a batch turn, which is what an overloaded lynkr refuses first, and times both.
 */
const EVERY_MS = 20
/** A limit for what is never answered: how long an answer takes is measured, and not what fails. */
const ANSWER_MS_MAX = 60_000

export interface Probed {
  readonly healthMs: readonly number[]
  readonly healthFailures: number
  /** Until a refusal was here. */
  readonly refusedMs: readonly number[]
}

const healthMs: number[] = []
const refusedMs: number[] = []
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

async function statusOf(url: string, init: RequestInit = {}): Promise<number | null> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch((): null => null)
  await response?.text().catch((): null => null)
  return response?.status ?? null
}

parentPort?.on('message', (message: { readonly url: string } | 'report') => {
  if (message === 'report') {
    parentPort?.postMessage({ healthMs, healthFailures, refusedMs } satisfies Probed)
    return
  }
  setInterval(() => void probeHealth(message.url), EVERY_MS)
  setInterval(() => void probeRefusal(message.url), EVERY_MS * 5)
})
