import { sseText } from '../framing/sse-writer.ts'
import type { Feed } from './feed.ts'

/** Events that wait for a slow browser; a tick more is left out, for the next one tells what stands then. */
const WAITING_MAX = 8

/** `hello`, then `tick` every second until the browser goes away; `null` if too many watch already. */
export function eventStream(feed: Feed, gone: AbortSignal): ReadableStream<Uint8Array> | null {
  const encoder = new TextEncoder()
  let send: (text: string) => void = () => undefined
  const stop = feed.watch((tick) => send(sseText('tick', JSON.stringify(tick))))
  if (stop === null) return null
  gone.addEventListener('abort', stop, { once: true })
  return new ReadableStream(
    {
      start(controller) {
        controller.enqueue(encoder.encode(sseText('hello', JSON.stringify(feed.hello()))))
        send = (text) => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(text))
        }
      },
      cancel: stop,
    },
    { highWaterMark: WAITING_MAX },
  )
}
