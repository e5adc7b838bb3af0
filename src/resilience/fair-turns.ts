import type { Clock, TurnScheduler } from '../core/clock.ts'

/**
 * Chunks that streams may move in one turn of the event loop. Bun comes back to its sockets once nothing that upstreams
 * have sent is left to be run, and with a hundred streams something always is: without a bound, new connections, health
 * checks and refusals would wait for as long as streams keep coming.
 */
export const CHUNKS_PER_TURN = 16

interface Waiting {
  readonly sinceMs: number
  readonly go: () => void
}

/** Lets streams move so many chunks a turn, in the order in which they came. What an upstream sends meanwhile moves with the next. */
export class FairTurns {
  readonly #deps: { readonly clock: Clock; readonly scheduler: TurnScheduler }
  readonly #waiting: Waiting[] = []
  /** In this turn. At the bound the next turn is due, and only then does anybody wait. */
  #moved = 0

  constructor(deps: { readonly clock: Clock; readonly scheduler: TurnScheduler }) {
    this.#deps = deps
  }

  /** Asked before each chunk: it may move now, or once the promise resolves. */
  take(): Promise<void> | undefined {
    if (this.#moved === CHUNKS_PER_TURN) return this.#wait()
    this.#count(this.#moved + 1)
    return undefined
  }

  /** How long the chunk that came first has been waiting, in ms; 0 if none is. */
  waitMs(): number {
    const first = this.#waiting[0]
    return first === undefined ? 0 : this.#deps.clock.nowMs() - first.sinceMs
  }

  #wait(): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ sinceMs: this.#deps.clock.nowMs(), go })
    })
  }

  #count(moved: number): void {
    this.#moved = moved
    if (moved === CHUNKS_PER_TURN) this.#deps.scheduler.soon(() => this.#begin())
  }

  #begin(): void {
    const going = this.#waiting.splice(0, CHUNKS_PER_TURN)
    this.#count(going.length)
    for (const { go } of going) go()
  }
}
