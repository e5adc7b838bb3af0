import type { Socket } from 'bun'
import type { Scheduler } from '../../core/clock.ts'
import { ProxyError } from '../../core/errors.ts'
import { type Address, notConnected } from '../address.ts'
import { Connection, type ConnectionEvents, connectionLost } from './connection.ts'
import { orNoDescriptor } from './no-descriptor.ts'
import type { TlsSession } from './tls-session.ts'

export interface ConnectOptions {
  readonly scheduler: Scheduler
  /** Until hands are shaken, where there is TLS. */
  readonly connectTimeoutMs: number
  readonly events: ConnectionEvents
  /** Of connections to the same address before. */
  readonly session: TlsSession
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
  const { scheduler, connectTimeoutMs, events, session, signal } = options
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  let connection: Connection | null = null
  let shaking: Socket | null = null
  let isGivenUp = false
  const giveUp = (reason: unknown): void => {
    isGivenUp = true
    fail(reason)
    shaking?.terminate()
  }
  const onAbort = (): void => giveUp(unsent(signal))
  signal.addEventListener('abort', onAbort)
  const cancelTimeout = scheduler.after(connectTimeoutMs, () => giveUp(notConnected()))
  const settled = (): void => {
    cancelTimeout()
    signal.removeEventListener('abort', onAbort)
  }
  const fail = (thrown: unknown): void => {
    settled()
    session.forget()
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
  const handlers = {
    open(socket: Socket) {
      if (!isTls || isGivenUp) return open(socket)
      shaking = socket
      session.offer(socket)
    },
    handshake(socket: Socket, isTrusted: boolean, error: Error | null) {
      if (connection !== null) return
      if (isTrusted) return open(socket)
      fail(error ?? connectionLost())
      socket.terminate()
    },
    // Bun's types do not know of it: servers send sessions when hands are shaken, or later.
    session(socket: Socket, bytes: Buffer) {
      if (connection !== null) session.keep(socket, bytes)
    },
    data: (_: Socket, bytes: Buffer) => connection?.received(bytes),
    drain: () => connection?.drained(),
    close: (_: Socket, error?: Error) => lost(error),
    error: (_: Socket, error: Error) => lost(error),
  }
  Bun.connect({ hostname, port, tls: isTls, socket: handlers }).catch((thrown: unknown) => fail(orNoDescriptor(thrown)))
  return promise
}

/** Why a request is given up of which nothing was sent. */
export function unsent({ reason }: AbortSignal): unknown {
  return reason instanceof ProxyError ? reason.withDetail({ isUnsent: true }) : reason
}
