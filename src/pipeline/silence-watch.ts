import type { PipelineDeps, Timeouts } from './ports.ts'

export type SilenceTimeouts = Pick<Timeouts, 'pingMs' | 'idleMs'>

export interface SilenceHandlers {
  /** The client was told nothing for a ping interval, and is not the one being waited for. */
  onPing(): void
  /** Nothing came from the upstream for the idle timeout. */
  onIdle(): void
}

/**
 * Watches for silence, the upstream's and what the client hears of it, with one timer per stream, not one per chunk: a
 * chunk costs a clock read, and the timer, when it fires, sets itself anew for what is left.
 */
export class SilenceWatch {
  readonly #deps: PipelineDeps
  readonly #timeouts: SilenceTimeouts
  readonly #handlers: SilenceHandlers
  #cancelTimer: () => void
  #isListening = false
  /** From the upstream, though it may be nothing for the client: a ping, or what its dialect has no form for. */
  #heardMs: number
  #toldMs: number

  constructor(deps: PipelineDeps, timeouts: SilenceTimeouts, handlers: SilenceHandlers) {
    this.#deps = deps
    this.#timeouts = timeouts
    this.#handlers = handlers
    this.#heardMs = deps.clock.nowMs()
    this.#toldMs = this.#heardMs
    this.#cancelTimer = deps.scheduler.after(Math.min(timeouts.pingMs, timeouts.idleMs), () => this.#tick())
  }

  /**
   * From here on the upstream is waited for.
   *
   * @param isTold the client has just been told something
   */
  listen(isTold: boolean): void {
    this.#isListening = true
    this.#heardMs = this.#deps.clock.nowMs()
    if (isTold) this.#toldMs = this.#heardMs
  }

  /** The upstream was heard; silence from here on is the client's. */
  rest(): void {
    this.#isListening = false
  }

  stop(): void {
    this.#cancelTimer()
  }

  #tick(): void {
    const { pingMs, idleMs } = this.#timeouts
    const nowMs = this.#deps.clock.nowMs()
    const silentMs = this.#isListening ? nowMs - this.#heardMs : 0
    const quietMs = this.#isListening ? nowMs - this.#toldMs : 0
    if (silentMs >= idleMs) {
      this.#handlers.onIdle()
      return
    }
    if (quietMs >= pingMs) {
      this.#toldMs = nowMs
      this.#handlers.onPing()
    }
    const dueMs = Math.min(idleMs - silentMs, quietMs >= pingMs ? pingMs : pingMs - quietMs)
    this.#cancelTimer = this.#deps.scheduler.after(Math.max(1, dueMs), () => this.#tick())
  }
}
