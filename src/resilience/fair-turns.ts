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

/** Lets streams move `CHUNKS_PER_TURN` chunks in a turn of the event loop, first come, first served; the others wait. */
export class FairTurns {
  readonly #deps: { readonly clock: Clock; readonly scheduler: TurnScheduler }
  readonly #waiting: Waiting[] = []
  /** Chunks that have moved in this turn. At the bound the next turn is asked for, and streams wait. */
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
