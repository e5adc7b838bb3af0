import type { Scheduler } from '../core/clock.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { CLIENT_STALL_MS } from '../core/limits.ts'

/**
 * Waits until the client has taken what was written, or the answer is ended meanwhile.
 *
 * @throws ProxyError `client_closed` where it takes nothing for too long; the reason of the abort
 */
export function untilTaken(
  scheduler: Pick<Scheduler, 'after'>,
  taken: Promise<void>,
  ended: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onEnd = (): void => reject(toProxyError(ended.reason))
    ended.addEventListener('abort', onEnd)
    const cancel = scheduler.after(CLIENT_STALL_MS, () => {
      reject(new ProxyError('client_closed', 'the client took nothing of its answer for too long'))
    })
    taken.then(resolve, reject).finally(() => {
      cancel()
      ended.removeEventListener('abort', onEnd)
    })
  })
}
