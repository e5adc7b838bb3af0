import type { Socket } from 'bun'
import type { Clock } from '../../core/clock.ts'

/** A server shows no certificate to whoever resumes: one that has expired since, or was taken back, goes unnoticed until then. */
const KEPT_MS = 3_600_000

/**
 * What spares new connections to an origin half of their handshake: the session of the last one whose certificate was looked
 * at. It is nobody else's, so that it stands for one name, one port and one way to trust.
 *
 * @see RFC 8446 §2.2, RFC 5077
 */
export class TlsSession {
  readonly #clock: Pick<Clock, 'wallMs'>
  #kept: { readonly session: Buffer; readonly untilMs: number } | null = null

  /** @param clock wall time, by which certificates expire */
  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock
  }

  /** @param socket connected, not a byte written: Bun heeds no session later than that */
  offer(socket: Pick<Socket, 'setSession'>): void {
    if (this.#kept !== null && this.#clock.wallMs() < this.#kept.untilMs) socket.setSession(this.#kept.session)
  }

  /** @param socket its certificate is trusted; by what it showed itself, unless it resumed */
  keep(socket: Pick<Socket, 'isSessionReused'>, session: Buffer): void {
    if (!socket.isSessionReused()) this.#kept = { session, untilMs: this.#clock.wallMs() + KEPT_MS }
  }

  /** No connection was made: if the session is what the server could not bear, the next one goes without. */
  forget(): void {
    this.#kept = null
  }
}
