import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  return new ClientAbort(request).signal
}

/**
 * Ends a request because its client is gone, or by `interrupt`; the first reason counts. Nothing is allocated before it is
 * asked for: a request that is refused at the door needs no signal, and a single attempt has its own.
 */
export class ClientAbort implements Interruptible {
  readonly #request: Request | null
  #reason: ProxyError | null = null
  #isWatching = false
  #own: AbortController | null = null
  #follower: AbortController | null = null

  /** @param request watched for its client's going away; `null`: the holder calls `gone` itself */
  constructor(request: Request | null) {
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

  gone(): void {
    this.interrupt(clientClosed())
  }

  #watch(): void {
    if (this.#request === null || this.#isWatching) return
    this.#isWatching = true
    const { signal } = this.#request
    if (signal.aborted) this.gone()
    else signal.addEventListener('abort', () => this.gone(), { once: true })
  }
}

/** The reason that ends the work for a client that is gone. */
export function clientClosed(): ProxyError {
  return new ProxyError('client_closed', 'the client closed the connection')
}
