import { sseText } from '../framing/sse-writer.ts'
import type { Feed } from './feed.ts'

/** Events that wait for a slow browser; a tick more is left out, for the next one tells what stands then. */
const WAITING_MAX = 8

/**
 * `hello`, then `tick` every second until the browser goes away or its session ends; `null` if nobody more may watch.
 *
 * @param isLoggedIn asked before each tick
 */
export function eventStream(feed: Feed, isLoggedIn: () => boolean): ReadableStream<Uint8Array> | null {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  const send = (event: string, data: object): void => {
    if ((controller?.desiredSize ?? 0) > 0) controller?.enqueue(encoder.encode(sseText(event, JSON.stringify(data))))
  }
  const stop = feed.watch({
    onTick(tick) {
      if (isLoggedIn()) return send('tick', tick)
      stop?.()
      controller?.close()
    },
    onEnd: () => controller?.close(),
  })
  if (stop === null) return null
  return new ReadableStream(
    {
      start(started) {
        controller = started
        send('hello', feed.hello())
      },
      cancel: stop,
    },
    { highWaterMark: WAITING_MAX },
  )
}
