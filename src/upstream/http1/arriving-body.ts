/** So much may wait to be read before the server has to wait. */
const WAITING_BYTES_MAX = 256 * 1_024

interface Reader {
  readonly resolve: (bytes: Uint8Array | null) => void
  readonly reject: (thrown: unknown) => void
}

/** A body between the connection that brings it and whoever reads it: what has come and was not read yet. */
export class ArrivingBody {
  readonly #onRoom: () => void
  #pieces: Uint8Array[] = []
  #waitingBytes = 0
  #reader: Reader | null = null
  #isWanted: 'next' | 'whole' = 'next'
  #isOver = false
  #failure: { readonly thrown: unknown } | null = null

  /** @param onRoom more may come, after `push` said that nothing should */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  /** @returns whether more should come */
  push(piece: Uint8Array): boolean {
    this.#pieces.push(piece)
    this.#waitingBytes += piece.length
    if (this.#reader !== null) this.#serve(this.#reader)
    return !this.#isFull()
  }

  /** All of it has come. */
  end(): void {
    this.#close(null)
  }

  /** The rest will not come; what has come is read before that is told. */
  fail(thrown: unknown): void {
    this.#close({ thrown })
  }

  /** Nobody is to read any more of it. */
  abort(thrown: unknown): void {
    this.#pieces = []
    this.#close({ thrown })
  }

  /** What has come since the last read; `null` at the end. */
  read(): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
      this.#serve(this.#reader)
    })
  }

  /** All that was not read yet, at the end. */
  bytes(): Promise<Uint8Array> {
    const wasFull = this.#isFull()
    this.#isWanted = 'whole'
    if (wasFull) this.#onRoom()
    return this.read().then(orNothing)
  }

  #isFull(): boolean {
    return this.#isWanted === 'next' && this.#waitingBytes >= WAITING_BYTES_MAX
  }

  #close(failure: { readonly thrown: unknown } | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    if (this.#reader !== null) this.#serve(this.#reader)
  }

  /** Of what broke, whoever wants the whole gets nothing. */
  #serve(reader: Reader): void {
    const hasNext = this.#isWanted === 'next' && this.#pieces.length > 0
    if (!hasNext && !this.#isOver) return
    this.#reader = null
    if (!hasNext && this.#failure !== null) reader.reject(this.#failure.thrown)
    else reader.resolve(this.#pieces.length === 0 ? null : this.#take())
  }

  #take(): Uint8Array {
    const wasFull = this.#isFull()
    const [only] = this.#pieces
    const taken = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#waitingBytes = 0
    if (wasFull) this.#onRoom()
    return taken
  }
}

function orNothing(bytes: Uint8Array | null): Uint8Array {
  return bytes ?? new Uint8Array(0)
}
