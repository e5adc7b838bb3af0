import { ProxyError } from '../core/errors.ts'

/** Response header that names what the request lost on its way into another dialect. */
const DROPPED_HEADER = 'x-lynkr-dropped'

/** Request header with which a client asks to be refused rather than to lose anything. */
const STRICT_HEADER = 'x-lynkr-strict'

/**
 * Refuses a request that would lose features, where that is asked for.
 *
 * @param isStrict the setting; the client's header may switch it on, never off
 * @throws ProxyError `invalid_request`, naming what would be lost
 */
export function refuseLoss(dropped: readonly string[], client: Headers, isStrict: boolean): void {
  if (dropped.length === 0 || !mayLoseNothing(client, isStrict)) return
  throw new ProxyError(
    'invalid_request',
    `strict: on the way to its provider this request would lose ${dropped.join(', ')}`,
  )
}

/** Whether a request is to be refused rather than to lose anything: by the setting, or by the client's own wish. */
export function mayLoseNothing(client: Headers, isStrict: boolean): boolean {
  return isStrict || client.get(STRICT_HEADER) === 'true'
}

/** Tells the client what was lost. Loss is never silent. */
export function tellLoss(headers: Headers, dropped: readonly string[]): void {
  if (dropped.length > 0) headers.set(DROPPED_HEADER, dropped.join(', '))
}
