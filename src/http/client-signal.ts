import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  return new ClientAbort(request).signal
}

/**
 * The client's going away, and an end by hand; the first reason counts. Nothing is made before somebody asks: a request
 * that is refused at the door goes without, and one attempt needs no signal beside its own.
 */
export class ClientAbort implements Interruptible {
  readonly #request: Request
  #reason: ProxyError | null = null
  #isWatching = false
  #own: AbortController | null = null
  #follower: AbortController | null = null

  constructor(request: Request) {
    this.#request = request
  }

  get signal(): AbortSignal {
    if (this.#own === null) {
      this.#own = new AbortController()
      this.#watch()
      if (this.#reason !== null) this.#own.abort(this.#reason)
    }
    return this.#own.signal
  }

  follow(abort: AbortController | null): void {
    this.#follower = abort
    if (abort === null) return
    this.#watch()
    if (this.#reason !== null) abort.abort(this.#reason)
  }

  interrupt(reason: ProxyError): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.#own?.abort(reason)
    this.#follower?.abort(reason)
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    const { signal } = this.#request
    const onGone = (): void => this.interrupt(clientGone())
    if (signal.aborted) onGone()
    else signal.addEventListener('abort', onGone, { once: true })
  }
}

/** The same by hand only. */
export function openAbort(): Interruptible & Pick<ClientAbort, 'signal' | 'follow'> & { gone(): void } {
  const abort = new AbortController()
  let follower: AbortController | null = null
  const interrupt = (reason: ProxyError): void => {
    abort.abort(reason)
    follower?.abort(abort.signal.reason)
  }
  return {
    signal: abort.signal,
    follow(next) {
      follower = next
      if (abort.signal.aborted) follower?.abort(abort.signal.reason)
    },
    interrupt,
    gone: () => interrupt(clientGone()),
  }
}

function clientGone(): ProxyError {
  return new ProxyError('client_closed', 'the client closed the connection')
}
