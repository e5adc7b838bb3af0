import { REQUEST_CLASSES, type RequestClass } from '../../src/core/request-class.ts'

/** What became of one request. Times in ms on this process's monotonic clock. */
export interface Outcome {
  readonly requestClass: RequestClass
  readonly sentMs: number
  /** The head of the answer was here. */
  readonly headMs: number
  readonly endMs: number
  /** `served` to its proper end · `refused` by the shedder · `failed` in any other way */
  readonly type: 'served' | 'refused' | 'failed'
}

/** Most requests are turns that somebody waits for. */
const MIX: readonly RequestClass[] = ['main', 'subagent', 'main', 'background', 'main', 'subagent', 'main', 'batch']
const TICK_MS = 5
/** A client that was refused waits, or it measures how fast lynkr says no. */
const REFUSED_REST_MS = 200

/** Keeps `width` streams going for so long, each followed by the next: what the proxy can do at most. */
export async function closedLoop(url: string, width: number, durationMs: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const untilMs = performance.now() + durationMs
  const work = async (at: number): Promise<void> => {
    while (performance.now() < untilMs) {
      const outcome = await ask(url, MIX[at % MIX.length] ?? 'main')
      outcomes.push(outcome)
      if (outcome.type === 'refused') await Bun.sleep(REFUSED_REST_MS)
    }
  }
  await Promise.all(Array.from({ length: width }, (_, at) => work(at)))
  return outcomes
}

/** Sends at a steady rate for so long, whatever becomes of it; resolves when the last answer is over. */
export async function openLoop(url: string, perSecond: number, durationMs: number): Promise<readonly Outcome[]> {
  const startMs = performance.now()
  const running: Promise<Outcome>[] = []
  for (let sinceMs = 0; sinceMs < durationMs; sinceMs = performance.now() - startMs) {
    const due = Math.floor((sinceMs / 1_000) * perSecond)
    while (running.length < due) running.push(ask(url, MIX[running.length % MIX.length] ?? 'main'))
    await Bun.sleep(TICK_MS)
  }
  return Promise.all(running)
}

async function ask(url: string, requestClass: RequestClass): Promise<Outcome> {
  const sentMs = performance.now()
  let headMs = sentMs
  const over = (type: Outcome['type']): Outcome => ({ requestClass, sentMs, headMs, endMs: performance.now(), type })
  try {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-stainless-retry-count': '2',
        'x-claude-code-request-class': requestClass,
      },
      body: '{"model":"claude","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"hi"}]}',
    })
    headMs = performance.now()
    const text = await response.text()
    if (response.status === 529) return over('refused')
    return over(response.status === 200 && text.includes('event: message_stop') ? 'served' : 'failed')
  } catch {
    return over('failed')
  }
}

/** Streams served per second, of those that ended within the span. */
export function goodput(outcomes: readonly Outcome[], fromMs: number, toMs: number): number {
  const served = outcomes.filter(({ type, endMs }) => type === 'served' && endMs >= fromMs && endMs < toMs)
  return (served.length / (toMs - fromMs)) * 1_000
}

/**
 * Main turns that were refused while a background request was let in: one that was sent after and answered before the
 * main turn was, so that both were in lynkr at the same time.
 */
export function inversions(outcomes: readonly Outcome[]): number {
  const admitted = outcomes.filter(({ type, requestClass }) => type === 'served' && requestClass === 'background')
  return outcomes.filter(
    ({ type, requestClass, sentMs, headMs }) =>
      type === 'refused' &&
      requestClass === 'main' &&
      admitted.some((other) => other.sentMs >= sentMs && other.headMs <= headMs),
  ).length
}

/** Whether main turns were refused no more than batches, as parts of what each asked, but for the chance of a few requests. */
export function isMainSparedMost(outcomes: readonly Outcome[]): boolean {
  const refusedPart = (name: RequestClass): number => {
    const all = outcomes.filter(({ requestClass }) => requestClass === name)
    return all.filter(({ type }) => type === 'refused').length / Math.max(1, all.length)
  }
  return refusedPart('main') <= refusedPart('batch') + CHANCE
}

/** Part of its requests by which a class may be refused more than its rank says. */
const CHANCE = 0.1

export function refusalsByClass(outcomes: readonly Outcome[]): string {
  return REQUEST_CLASSES.map((name) => {
    const all = outcomes.filter(({ requestClass }) => requestClass === name)
    return `${name} ${all.filter(({ type }) => type === 'refused').length}/${all.length}`
  }).join(', ')
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
