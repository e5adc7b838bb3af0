import type { Socket } from 'bun'
import type { Scheduler } from '../../core/clock.ts'
import { type Address, notConnected } from '../address.ts'
import { Connection, type ConnectionEvents, connectionLost } from './connection.ts'
import { orNoDescriptor } from './no-descriptor.ts'

export interface ConnectOptions {
  readonly scheduler: Scheduler
  /** Until hands are shaken, where there is TLS. */
  readonly connectTimeoutMs: number
  readonly events: ConnectionEvents
  /** Ends what is not connected yet. */
  readonly signal: AbortSignal
}

/**
 * Opens a connection. Over TLS it is there once the certificate is known to be the host's, by what Bun trusts; before that
 * not a byte is sent.
 *
 * @returns rejects with what the system says, by `code`, with `ProxyError` `upstream_timeout`, or with the abort's reason
 */
export function connect({ hostname, port, isTls }: Address, options: ConnectOptions): Promise<Connection> {
  const { scheduler, connectTimeoutMs, events, signal } = options
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  let connection: Connection | null = null
  let shaking: Socket | null = null
  let isGivenUp = false
  const giveUp = (reason: unknown): void => {
    isGivenUp = true
    fail(reason)
    shaking?.terminate()
  }
  const onAbort = (): void => giveUp(signal.reason)
  signal.addEventListener('abort', onAbort)
  const cancelTimeout = scheduler.after(connectTimeoutMs, () => giveUp(notConnected()))
  const settled = (): void => {
    cancelTimeout()
    signal.removeEventListener('abort', onAbort)
  }
  const fail = (thrown: unknown): void => {
    settled()
    reject(thrown)
  }
  const open = (socket: Socket): void => {
    if (isGivenUp) return void socket.terminate()
    settled()
    connection = new Connection(socket, events)
    resolve(connection)
  }
  const lost = (error: Error | undefined): void => {
    if (connection === null) fail(error ?? connectionLost())
    else connection.closed(error)
  }
  Bun.connect({
    hostname,
    port,
    tls: isTls,
    socket: {
      open(socket) {
        if (!isTls || isGivenUp) open(socket)
        else shaking = socket
      },
      handshake(socket, isTrusted, error) {
        if (connection !== null) return
        if (isTrusted) return open(socket)
        fail(error ?? connectionLost())
        socket.terminate()
      },
      data: (_, bytes) => connection?.received(bytes),
      drain: () => connection?.drained(),
      close: (_, error) => lost(error ?? undefined),
      error: (_, error) => lost(error),
    },
  }).catch((thrown: unknown) => fail(orNoDescriptor(thrown)))
  return promise
}
