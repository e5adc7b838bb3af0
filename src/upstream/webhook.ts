/** Calls under way at once; what comes beyond is dropped, for an address that does not answer must not eat memory. */
const CALLS_MAX = 16

/** A receiver of alerts answers in milliseconds or is ill. */
const TIMEOUT_MS = 5_000

export interface Webhook {
  /** Sends a JSON body. Never waits, never throws; one try. */
  tell(body: object): void
}

/**
 * Tells an address of the operator's about events, off the path of any request.
 *
 * @param onFault told why a call came to nothing; never holds the address, which may hold a secret
 */
export function openWebhook(url: string, onFault: (cause: unknown) => void): Webhook {
  let running = 0

  async function send(body: object): Promise<void> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
  }

  return {
    tell(body) {
      if (running >= CALLS_MAX) return onFault(new Error('too many calls of the webhook are under way'))
      running++
      void send(body)
        .catch(onFault)
        .finally(() => {
          running--
        })
    },
  }
}
