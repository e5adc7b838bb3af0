import type { TransportResponse } from '../core/transport.ts'
import type { PipelineDeps } from './ports.ts'

/** A read that brought bytes, the end, or nothing in time. */
export type Read =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'late' }

/** What reading a body needs of the pipeline. */
export type ReadDeps = Pick<PipelineDeps, 'transport' | 'scheduler'>

/**
 * Reads an upstream's body chunk by chunk. A read that was given up for being late goes on, and its bytes are what
 * the next read brings: nothing is lost by looking at the clock.
 */
export class ChunkReader {
  readonly #response: TransportResponse
  readonly #deps: ReadDeps
  readonly #fail: (thrown: unknown) => never
  #pending: Promise<Read> | null = null

  constructor(response: TransportResponse, deps: ReadDeps) {
    this.#response = response
    this.#deps = deps
    this.#fail = (thrown) => {
      throw deps.transport.explain(thrown)
    }
  }

  /** Rejects with a `ProxyError`: the transport's, or the reason of the abort. */
  read(): Promise<Read> {
    const pending = this.#pending ?? this.#next()
    this.#pending = null
    return pending
  }

  /** As `read`, but `late` after `waitMs`. */
  readWithin(waitMs: number): Promise<Read> {
    const pending = this.#pending ?? this.#next()
    this.#pending = pending
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.scheduler.after(Math.max(0, waitMs), () => resolve({ type: 'late' }))
      pending.then(
        (read) => {
          cancel()
          this.#pending = null
          resolve(read)
        },
        (thrown) => {
          cancel()
          reject(thrown)
        },
      )
    })
  }

  /** No function of its own for each chunk: there are hundreds in a stream. */
  #next(): Promise<Read> {
    return this.#response.read().then(toRead, this.#fail)
  }

  /** Gives the connection up. */
  cancel(): void {
    this.#response.cancel()
  }
}

function toRead(bytes: Uint8Array | null): Read {
  return bytes === null ? END : { type: 'chunk', bytes }
}

const END: Read = Object.freeze({ type: 'end' })
