import type { PipelineDeps, Timeouts } from './ports.ts'

export type SilenceTimeouts = Pick<Timeouts, 'pingMs' | 'idleMs'>

export interface SilenceHandlers {
  /** Nothing came from the upstream for a ping interval, and the client is not the one being waited for. */
  onPing(): void
  /** Nothing came from the upstream for the idle timeout. */
  onIdle(): void
}

/**
 * Watches for silence of the upstream with one timer per stream, not one per chunk: a chunk costs a clock read, and
 * the timer, when it fires, sets itself anew for what is left.
 */
export class SilenceWatch {
  readonly #deps: PipelineDeps
  readonly #timeouts: SilenceTimeouts
  readonly #handlers: SilenceHandlers
  #cancelTimer: () => void
  #isListening = false
  #heardMs: number
  #pingedMs: number

  constructor(deps: PipelineDeps, timeouts: SilenceTimeouts, handlers: SilenceHandlers) {
    this.#deps = deps
    this.#timeouts = timeouts
    this.#handlers = handlers
    this.#heardMs = deps.clock.nowMs()
    this.#pingedMs = this.#heardMs
    this.#cancelTimer = deps.scheduler.after(Math.min(timeouts.pingMs, timeouts.idleMs), () => this.#tick())
  }

  /** From here on the upstream is waited for. */
  listen(): void {
    this.#isListening = true
    this.#heardMs = this.#deps.clock.nowMs()
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
    const sincePingMs = Math.min(silentMs, nowMs - this.#pingedMs)
    if (silentMs >= idleMs) {
      this.#handlers.onIdle()
      return
    }
    if (sincePingMs >= pingMs) {
      this.#pingedMs = nowMs
      this.#handlers.onPing()
    }
    const dueMs = Math.min(idleMs - silentMs, sincePingMs >= pingMs ? pingMs : pingMs - sincePingMs)
    this.#cancelTimer = this.#deps.scheduler.after(Math.max(1, dueMs), () => this.#tick())
  }
}
