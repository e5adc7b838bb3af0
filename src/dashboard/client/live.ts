import type { Hello, Tick } from '../wire.ts'

export interface LiveHandlers {
  onHello(hello: Hello): void
  onTick(tick: Tick): void
  /** `lost`: it is being tried again; `ended`: nobody is logged in any more. */
  onState(state: 'live' | 'lost' | 'ended'): void
}

const AGAIN_MS = 5_000

/** Listens to the server; every connection begins with a `hello`. */
export function listen(handlers: LiveHandlers): void {
  const source = new EventSource('/dashboard/events')
  source.addEventListener('hello', (event) => {
    handlers.onState('live')
    handlers.onHello(JSON.parse(event.data))
  })
  source.addEventListener('tick', (event) => handlers.onTick(JSON.parse(event.data)))
  source.addEventListener('error', () => {
    handlers.onState('lost')
    // Where nobody answers the browser tries again by itself; where it was refused it never does.
    if (source.readyState === EventSource.CLOSED) void goOn(handlers)
  })
}

/** A restart ends every session; where one lasts, too many watch, or something in between refuses for a while. */
async function goOn(handlers: LiveHandlers): Promise<void> {
  if (await hasSession()) AbortSignal.timeout(AGAIN_MS).addEventListener('abort', () => listen(handlers))
  else handlers.onState('ended')
}

async function hasSession(): Promise<boolean> {
  try {
    const answer = await fetch('/dashboard/session')
    return !answer.ok || (await answer.json()).isLoggedIn === true
  } catch (thrown) {
    if (thrown instanceof Error) return true
    throw thrown
  }
}
