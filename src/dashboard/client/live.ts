import type { Hello, Tick } from '../wire.ts'

export interface LiveHandlers {
  onHello(hello: Hello): void
  onTick(tick: Tick): void
  /** `lost`: the browser is trying again by itself. */
  onState(state: 'live' | 'lost'): void
}

/** Listens to the server; the browser reconnects by itself, and every connection begins with a `hello`. */
export function listen(handlers: LiveHandlers): () => void {
  const source = new EventSource('/dashboard/events')
  source.addEventListener('hello', (event) => {
    handlers.onState('live')
    handlers.onHello(JSON.parse(event.data))
  })
  source.addEventListener('tick', (event) => handlers.onTick(JSON.parse(event.data)))
  source.addEventListener('error', () => handlers.onState('lost'))
  return () => source.close()
}
