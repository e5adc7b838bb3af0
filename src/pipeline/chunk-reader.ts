import type { PipelineDeps } from './ports.ts'

/** A read that brought bytes, the end, or nothing in time. */
export type Read =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'late' }

/** What reading a body needs of the pipeline. */
export type ReadDeps = Pick<PipelineDeps, 'transport' | 'scheduler'>

/** What is needed of a body's reader. */
interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

/**
 * Reads an upstream's body chunk by chunk. A read that was given up for being late goes on, and its bytes are what
 * the next read brings: nothing is lost by looking at the clock.
 */
export class ChunkReader {
  readonly #reader: ByteReader
  readonly #deps: ReadDeps
  readonly #fail: (thrown: unknown) => never
  #pending: Promise<Read> | null = null

  constructor(body: ReadableStream<Uint8Array>, deps: ReadDeps) {
    this.#reader = body.getReader()
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
    return this.#reader.read().then(toRead, this.#fail)
  }

  /** Gives the connection up. What the stream still says about that interests nobody. */
  cancel(): void {
    this.#reader.cancel().catch(ignore)
  }
}

function toRead({ done, value }: Awaited<ReturnType<ByteReader['read']>>): Read {
  return done || value === undefined ? END : { type: 'chunk', bytes: value }
}

const END: Read = Object.freeze({ type: 'end' })

function ignore(): void {
  // The stream is already broken or over, which is what was wanted.
}
