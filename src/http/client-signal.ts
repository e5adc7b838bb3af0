import { ProxyError } from '../core/errors.ts'

/** A signal that aborts when the client is gone, with our own reason instead of the server's. */
export function clientSignal(request: Request): AbortSignal {
  const abort = new AbortController()
  const onGone = (): void => abort.abort(new ProxyError('client_closed', 'the client closed the connection'))
  if (request.signal.aborted) onGone()
  else request.signal.addEventListener('abort', onGone, { once: true })
  return abort.signal
}
