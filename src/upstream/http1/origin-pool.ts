import type { Clock } from '../../core/clock.ts'
import type { Address } from '../address.ts'
import { type ConnectOptions, connect, unsent } from './connect.ts'
import type { Connection, ConnectionEvents, Exchange } from './connection.ts'
import { TlsSession } from './tls-session.ts'

export interface PoolOptions extends Omit<ConnectOptions, 'events' | 'session' | 'signal'> {
  readonly clock: Clock
}

/** By both clocks: while a machine sleeps one of them stands still, and what it was connected to does not. */
interface Idle {
  readonly connection: Connection
  readonly untilMs: number
  readonly untilWallMs: number
}

/** More than that wait for nobody: whoever needs another one opens it. */
const IDLE_MAX = 256

/** The connections to one origin: whoever asks gets the one that was used last, or a new one. */
export class OriginPool implements ConnectionEvents {
  readonly #address: Address
  readonly #options: PoolOptions
  readonly #session: TlsSession
  #idle: Idle[] = []

  constructor(address: Address, options: PoolOptions) {
    this.#address = address
    this.#options = options
    this.#session = new TlsSession(options.clock)
  }

  carry(exchange: Exchange): void {
    const connection = this.#take()
    if (connection === null) this.#carryAnew(exchange)
    else connection.send(exchange)
  }

  onIdle(connection: Connection, keepMs: number): void {
    const { clock } = this.#options
    if (this.#idle.length >= IDLE_MAX) connection.close()
    else this.#idle.push({ connection, untilMs: clock.nowMs() + keepMs, untilWallMs: clock.wallMs() + keepMs })
  }

  /** What cuts one, such as a router that has begun anew, may have cut all of them, and only whoever asks hears of it. */
  onClosed(connection: Connection, isUnanswered: boolean): void {
    if (isUnanswered) this.close()
    else this.#idle = this.#idle.filter((idle) => idle.connection !== connection)
  }

  /** Ends what has been idle for long enough. */
  sweep(): void {
    this.#closeIdle((idle) => this.#isOver(idle))
  }

  /** Ends what is idle. */
  close(): void {
    this.#closeIdle(() => true)
  }

  /** At once nobody's: an end takes its time. */
  #closeIdle(isDue: (idle: Idle) => boolean): void {
    const due = this.#idle.filter(isDue)
    this.#idle = this.#idle.filter((idle) => !due.includes(idle))
    for (const { connection } of due) connection.close()
  }

  #take(): Connection | null {
    for (;;) {
      const last = this.#idle.pop()
      if (last === undefined) return null
      if (!this.#isOver(last)) return last.connection
      last.connection.close()
    }
  }

  #isOver({ untilMs, untilWallMs }: Idle): boolean {
    const { clock } = this.#options
    return clock.nowMs() >= untilMs || clock.wallMs() >= untilWallMs
  }

  #carryAnew(exchange: Exchange): void {
    const { signal } = exchange.request.abort
    const options = { ...this.#options, events: this, session: this.#session, signal }
    connect(this.#address, options).then((connection) => {
      if (!signal.aborted) return connection.send(exchange)
      connection.close()
      exchange.reject(unsent(signal))
    }, exchange.reject)
  }
}
