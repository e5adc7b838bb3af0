import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  return new ClientAbort(request).signal
}

/**
 * The client's going away, and an end by hand. The signal is made when somebody asks for it: a request that is refused
 * at the door goes without.
 */
export class ClientAbort implements Interruptible {
  readonly #request: Request
  #abort: ReturnType<typeof openAbort> | null = null
  #reason: ProxyError | null = null

  constructor(request: Request) {
    this.#request = request
  }

  get signal(): AbortSignal {
    this.#abort ??= this.#open()
    return this.#abort.signal
  }

  interrupt(reason: ProxyError): void {
    if (this.#abort === null) this.#reason ??= reason
    else this.#abort.interrupt(reason)
  }

  #open(): ReturnType<typeof openAbort> {
    const abort = openAbort()
    const client = this.#request.signal
    if (this.#reason !== null) abort.interrupt(this.#reason)
    else if (client.aborted) abort.gone()
    else client.addEventListener('abort', abort.gone, { once: true })
    return abort
  }
}

/** A signal that aborts by hand only. */
export function openAbort(): Interruptible & { readonly signal: AbortSignal; gone(): void } {
  const abort = new AbortController()
  return {
    signal: abort.signal,
    interrupt: (reason) => abort.abort(reason),
    gone: () => abort.abort(new ProxyError('client_closed', 'the client closed the connection')),
  }
}
