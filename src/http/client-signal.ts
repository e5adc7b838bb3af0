import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  return openClientAbort(request).signal
}

/** As `clientSignal`, and it can be made to abort by hand. */
export function openClientAbort(request: Request): Interruptible & { readonly signal: AbortSignal } {
  const { gone, ...abort } = openAbort()
  if (request.signal.aborted) gone()
  else request.signal.addEventListener('abort', gone, { once: true })
  return abort
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
