import type { Clock } from '../core/clock.ts'
import type { HttpRequest } from './http-parser.ts'

/** Bodies kept over all requests; the oldest requests are forgotten first. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024

/** One request as the simulator saw it. It fills in `status`, `aborted` and the end while the answer runs. */
export interface ReceivedRequest {
  /** 0-based, in order of arrival, never reused. */
  readonly ordinal: number
  readonly method: string
  readonly path: string
  /** With its `?`, or `''`. */
  readonly query: string
  readonly headers: Headers
  readonly body: Uint8Array
  /** The body as UTF-8. */
  readonly text: string
  /** The body as JSON; `undefined` if it is none. */
  readonly json: unknown
  /** On the wire, head and framing included. */
  readonly bytesReceived: number
  readonly receivedWallMs: number
  readonly receivedMs: number
  /** Null while the answer runs. */
  readonly endedMs: number | null
  readonly status: number | null
  readonly bytesSent: number
  /** The client's connection closed before the answer was complete. */
  readonly aborted: boolean
}

/** What was received, the latest `requestsKept` of it. */
export interface Journal {
  /** Returns the function to call when the answer's status is known, and the one for its end. */
  add(ordinal: number, request: HttpRequest): JournalEntry
  all(): readonly ReceivedRequest[]
  waitFor(predicate: (request: ReceivedRequest) => boolean): Promise<ReceivedRequest>
  clear(): void
  /** Rejects everybody who waits. */
  close(): void
}

export interface JournalEntry {
  answered(status: number): void
  ended(aborted: boolean, bytesSent: number): void
}

interface Waiter {
  readonly predicate: (request: ReceivedRequest) => boolean
  readonly resolve: (request: ReceivedRequest) => void
  readonly reject: (reason: Error) => void
}

export function openJournal(requestsKept: number, clock: Clock): Journal {
  let kept: Received[] = []
  let keptBytes = 0
  let waiters: Waiter[] = []

  const tell = (): void => {
    waiters = waiters.filter((waiter) => {
      const found = kept.find(waiter.predicate)
      if (found !== undefined) waiter.resolve(found)
      return found === undefined
    })
  }
  const forget = (): void => {
    while (kept.length > requestsKept || (keptBytes > KEPT_BYTES_MAX && kept.length > 1)) {
      keptBytes -= kept.shift()?.body.byteLength ?? 0
    }
  }
  return {
    add(ordinal, request) {
      const entry = new Received(ordinal, request, clock.wallMs(), clock.nowMs())
      kept.push(entry)
      keptBytes += entry.body.byteLength
      forget()
      tell()
      return {
        answered(status) {
          entry.status = status
        },
        ended(aborted, bytesSent) {
          entry.aborted = aborted
          entry.bytesSent = bytesSent
          entry.endedMs = clock.nowMs()
          tell()
        },
      }
    },
    all: () => [...kept],
    waitFor: (predicate) =>
      new Promise((resolve, reject) => {
        waiters.push({ predicate, resolve, reject })
        tell()
      }),
    clear() {
      kept = []
      keptBytes = 0
    },
    close() {
      for (const { reject } of waiters) reject(new Error('the simulator was stopped'))
      waiters = []
    },
  }
}

/** A journal that remembers nothing, for benches. */
export const NO_JOURNAL: Journal = {
  add: () => NO_ENTRY,
  all: () => [],
  waitFor: () => Promise.reject(new Error('the simulator was started with record: false')),
  clear: () => undefined,
  close: () => undefined,
}

const NO_ENTRY: JournalEntry = { answered: () => undefined, ended: () => undefined }

class Received implements ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly body: Uint8Array
  readonly bytesReceived: number
  endedMs: number | null = null
  status: number | null = null
  bytesSent = 0
  aborted = false

  constructor(
    readonly ordinal: number,
    request: HttpRequest,
    readonly receivedWallMs: number,
    readonly receivedMs: number,
  ) {
    this.method = request.method
    this.path = request.path
    this.query = request.query
    this.headers = request.headers
    this.body = request.body
    this.bytesReceived = request.wireBytes
  }

  get text(): string {
    return new TextDecoder().decode(this.body)
  }

  get json(): unknown {
    try {
      return JSON.parse(this.text)
    } catch {
      return undefined
    }
  }
}
