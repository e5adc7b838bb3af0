import { openRawConnection, type Timing } from './support/raw-client.ts'
import { getRequest, messagesBody, messagesRequest } from './support/request.ts'

/**
 * The load generator, in a process of its own. One JSON argument; one JSON line on stdout.
 *
 * With `requests`: keeps `concurrency` connections busy until that many answers have come, or for `forMs`, then prints
 * latencies in ms.
 * With `hold`: opens one stream per connection, prints `{"open":n}` once every one has its first byte, or the time is
 * over, and holds them until stdin closes.
 */
export interface LoadOptions {
  readonly port: number
  readonly bodyBytes: number
  readonly stream: boolean
  readonly concurrency: number
  readonly requests?: number
  /** Ends the load after so long, however many requests were made by then. Default: never. */
  readonly forMs?: number
  readonly hold?: boolean
  /** Between an answer and the next question on the same connection. Default: none, which keeps the proxy busy. */
  readonly pauseMs?: number
  /** Besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Asks for this path, without a body, instead of for an answer to a prompt. */
  readonly get?: string
  /** What every answer must have. Default: 200. */
  readonly status?: number
}

export interface LoadResult {
  readonly requests: number
  readonly errors: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly firstByteP50Ms: number
}

const ERRORS_MAX = 100
/** What has not opened by then does not count. */
const OPEN_MS = 30_000
const options: LoadOptions = JSON.parse(process.argv[2] ?? '{}')
const request =
  options.get === undefined
    ? messagesRequest(messagesBody(options.bodyBytes, options.stream), options.headers)
    : getRequest(options.get)
const connect = (): ReturnType<typeof openRawConnection> => openRawConnection(options.port, request, options.status)

if (options.hold) await hold(options.concurrency)
else console.log(JSON.stringify(await load(options.concurrency, options.requests ?? 1)))
process.exit(0)

async function hold(count: number): Promise<void> {
  let open = 0
  const openAll = async (): Promise<void> => {
    const begun: Promise<number>[] = []
    for (let i = 0; i < count; i += 50) {
      const batch = await Promise.all(Array.from({ length: Math.min(50, count - i) }, connect))
      begun.push(...batch.map((connection) => connection.begin().then(() => ++open)))
    }
    await Promise.all(begun)
  }
  await Promise.race([openAll(), Bun.sleep(options.forMs ?? OPEN_MS)])
  console.log(JSON.stringify({ open }))
  await Bun.stdin.text()
}

async function load(concurrency: number, requests: number): Promise<LoadResult> {
  const timings: Timing[] = []
  let started = 0
  let errors = 0
  const startMs = performance.now()
  const endMs = startMs + (options.forMs ?? Number.POSITIVE_INFINITY)
  const worker = async (): Promise<void> => {
    let connection = await connect()
    while (started < requests && errors < ERRORS_MAX && performance.now() < endMs) {
      started++
      try {
        timings.push(await connection.exchange())
        if (options.pauseMs !== undefined) await Bun.sleep(options.pauseMs)
      } catch (error) {
        if (errors++ === 0) console.error(String(error))
        connection = await connect()
      }
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - startMs) / 1_000
  const totals = timings.map((timing) => timing.totalMs).sort((a, b) => a - b)
  const firsts = timings.map((timing) => timing.firstByteMs).sort((a, b) => a - b)
  const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0
  return {
    requests: timings.length,
    errors,
    seconds,
    p50Ms: at(totals, 0.5),
    p99Ms: at(totals, 0.99),
    firstByteP50Ms: at(firsts, 0.5),
  }
}
