import type { Clock, Scheduler } from '../core/clock.ts'
import type { Transport, TransportRequest } from '../core/transport.ts'
import { type Address, addressOf, notConnected } from './address.ts'

export interface ConnectTimeoutOptions {
  /** LYNKR_CONNECT_TIMEOUT. */
  readonly connectTimeoutMs: number
  readonly clock: Clock
  readonly scheduler: Scheduler
  /** Whether the address accepts a connection; rejects if it says no. Gives it up when `signal` aborts. */
  readonly connect?: (address: Address, signal: AbortSignal) => Promise<void>
}

interface Waiting {
  readonly request: TransportRequest
  readonly sinceMs: number
  isConnected: boolean
}

/**
 * Gives a connect timeout to a transport that cannot tell when it is connected, such as one on `fetch`: there a host that
 * drops packets looks like a model that thinks.
 *
 * A request that has waited for half the time is doubted: one bare connection to the same address is opened beside it, up
 * to the end of the TLS handshake where there is one. If it is not accepted in the other half, every request that waits
 * for the address is ended. If it is accepted or refused, the doubt is settled: the transport is past connecting, or will
 * report the refusal itself. Requests that are answered in half the time, which are nearly all, cost nothing but their
 * place in a set.
 */
export function withConnectTimeout(
  inner: Transport,
  { connectTimeoutMs, clock, scheduler, connect = connectOnce }: ConnectTimeoutOptions,
): Transport & { close(): void } {
  const waiting = new Set<Waiting>()
  const probed = new Set<string>()
  const halfMs = connectTimeoutMs / 2

  function sweep(): void {
    const nowMs = clock.nowMs()
    for (const { request, sinceMs, isConnected } of waiting) {
      if (!isConnected && nowMs - sinceMs >= halfMs) probe(request.url)
    }
  }

  function probe(url: string): void {
    const parsed = new URL(url)
    const { origin } = parsed
    if (probed.has(origin)) return
    probed.add(origin)
    const doubted = [...waiting].filter(({ request }) => new URL(request.url).origin === origin)
    const settle = (isConnected: boolean): void => {
      probed.delete(origin)
      for (const wait of doubted) {
        if (isConnected) wait.isConnected = true
        else if (waiting.has(wait)) wait.request.abort.abort(notConnected())
      }
    }
    const trial = new AbortController()
    const cancel = scheduler.after(halfMs, () => {
      settle(false)
      trial.abort()
    })
    const done = (): void => {
      cancel()
      if (probed.has(origin)) settle(true)
    }
    connect(addressOf(parsed), trial.signal).then(done, done)
  }

  const cancelSweep = scheduler.every(connectTimeoutMs / 4, sweep)
  return {
    async send(request) {
      const wait = { request, sinceMs: clock.nowMs(), isConnected: false }
      waiting.add(wait)
      try {
        return await inner.send(request)
      } finally {
        waiting.delete(wait)
      }
    },
    explain: inner.explain,
    close: cancelSweep,
  }
}

/**
 * Opens a connection and ends it at once, with TLS as soon as the handshake has succeeded or failed; rejects if nobody
 * accepts it. No certificate is checked, for nothing is sent.
 */
export async function connectOnce({ hostname, port, isTls }: Address, signal: AbortSignal): Promise<void> {
  const answered = Promise.withResolvers<void>()
  const { resolve } = answered
  const socket = await Bun.connect({
    hostname,
    port,
    ...(isTls && { tls: { rejectUnauthorized: false, serverName: hostname } }),
    socket: { data: () => undefined, handshake: () => resolve(), close: () => resolve(), error: () => resolve() },
  })
  signal.addEventListener('abort', () => socket.terminate())
  if (signal.aborted) socket.terminate()
  if (isTls) await answered.promise
  socket.end()
}
