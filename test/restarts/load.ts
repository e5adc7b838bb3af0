/** What became of the requests. */
export interface Tally {
  finished: number
  /** Refused by a lynkr that the machine is too small for: what it says about that is no consequence of a restart. */
  shed: number
  /** Refused otherwise, reset, or not answered. */
  failed: number
  /** Answered, but without a proper end. */
  truncated: number
  /** Why requests were shed or failed, and how often. */
  readonly reasons: Map<string, number>
}

export function newTally(): Tally {
  return { finished: 0, shed: 0, failed: 0, truncated: 0, reasons: new Map() }
}

export interface Load {
  /** Open at once. */
  readonly streams: number
  /** Short requests. */
  readonly perSecond: number
}

/** Keeps so many streams open, each followed by the next, and sends short requests at a steady rate. */
export function offer(url: string, load: Load, tally: Tally) {
  let isOver = false
  const running = new Set<Promise<void>>()
  const track = (work: Promise<void>): void => {
    running.add(work)
    void work.finally(() => running.delete(work))
  }
  const keepStreaming = async (): Promise<void> => {
    while (!isOver) await ask(url, true, tally)
  }
  for (let i = 0; i < load.streams; i++) track(keepStreaming())
  const timer = setInterval(() => track(ask(url, false, tally)), 1_000 / load.perSecond)
  return {
    async stop() {
      isOver = true
      clearInterval(timer)
      await Promise.all(running)
    },
  }
}

async function ask(url: string, stream: boolean, tally: Tally): Promise<void> {
  const body = {
    model: 'claude',
    max_tokens: 500,
    stream,
    messages: [{ role: 'user', content: stream ? 'stream' : 'x' }],
  }
  try {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    const signal = AT_ITS_LIMIT.exec(text)?.[1]
    if (signal !== undefined) {
      tally.shed++
      await give(tally, `shed for ${signal}`)
    } else if (response.status !== 200) await fail(tally, `${response.status} ${text.slice(0, 100)}`)
    else if (stream ? !text.includes('event: message_stop') : !text.includes('"end_turn"')) tally.truncated++
    else tally.finished++
  } catch (thrown) {
    await fail(tally, thrown instanceof Error ? thrown.message : String(thrown))
  }
}

const AT_ITS_LIMIT = /lynkr is at its limit \((\w+)\)/
/** A client that fails waits before it asks again: a storm of failures would be a load of its own. */
const RESPITE_MS = 1_000

async function fail(tally: Tally, why: string): Promise<void> {
  tally.failed++
  await give(tally, `failed: ${why}`)
}

/** Notes why, and waits. */
async function give(tally: Tally, why: string): Promise<void> {
  tally.reasons.set(why, (tally.reasons.get(why) ?? 0) + 1)
  await Bun.sleep(RESPITE_MS)
}
