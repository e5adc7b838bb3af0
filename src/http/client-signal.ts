import { ProxyError } from '../core/errors.ts'
import type { Interruptible } from '../pipeline/protections.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  return openClientAbort(request).signal
}

/** As `clientSignal`, and it can be made to abort by hand. */
export function openClientAbort(request: Request): Interruptible & { readonly signal: AbortSignal } {
  const abort = new AbortController()
  const onGone = (): void => abort.abort(new ProxyError('client_closed', 'the client closed the connection'))
  if (request.signal.aborted) onGone()
  else request.signal.addEventListener('abort', onGone, { once: true })
  return { signal: abort.signal, interrupt: (reason) => abort.abort(reason) }
}
