import { messagesBody, messagesRequest } from './support/request.ts'

/**
 * Reads streams of `peers/ticking-upstream.ts` and prints, as JSON, the median and the 99th percentile of how long an
 * event was on its way, in µs. In a process of its own.
 *
 *     bun bench/event-delay.ts PORT STREAMS
 */
export interface EventDelay {
  readonly events: number
  readonly p50Us: number
  readonly p99Us: number
}

const [port, streams] = process.argv.slice(2).map(Number)
const request = messagesRequest(messagesBody(1_024, true))
/** A stream takes half a second where the machine has time for it; on a busy one, what has come by then has to do. */
const READ_MS = 1_500
const decoder = new TextDecoder('latin1')
const delays: number[] = []

await Promise.race([Promise.all(Array.from({ length: streams ?? 1 }, read)), Bun.sleep(READ_MS)])
delays.sort((a, b) => a - b)
const at = (share: number): number => delays[Math.floor(delays.length * share)] ?? Number.NaN
const result: EventDelay = { events: delays.length, p50Us: at(0.5), p99Us: at(0.99) }
console.log(JSON.stringify(result))
process.exit(0)

async function read(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  await Bun.connect({
    hostname: '127.0.0.1',
    port: port ?? 0,
    socket: {
      open: (socket) => void socket.write(request),
      data(_, bytes) {
        const nowMs = performance.timeOrigin + performance.now()
        const text = decoder.decode(bytes)
        // A stamp that two packets share is not read; there are enough of the others.
        for (const [, sentMs] of text.matchAll(/@([\d.]+)@/g)) delays.push((nowMs - Number(sentMs)) * 1_000)
        if (text.includes('message_stop')) resolve()
      },
      close: () => reject(new Error('closed before the stream was complete')),
      error: (_, error) => reject(error),
    },
  })
  await promise
}
