import type { Upstream } from '../core/dialect.ts'
import type { ProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import type { Exchange } from './exchange.ts'
import type { AttemptPermit } from './permit.ts'
import type { PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'

/** One try of one request at one target. */
export interface Attempt {
  readonly deps: PipelineDeps
  readonly exchange: Exchange
  readonly body: RequestBody
  readonly target: Target
  readonly upstream: Upstream
  /** Passes to the answer, which settles it when it ends. */
  readonly permit: AttemptPermit
  /** Ends the try, and the answer that comes of it; its reason is a `ProxyError` that says why. */
  readonly abort: AbortController
  /** When the answer must have begun, on the monotonic clock. */
  readonly timeoutAtMs: number
  /** When a stream is committed although nothing came of it yet: its client must hear something. */
  readonly commitAtMs: number
  /** The answer did not begin. Settles the permit, and says what went wrong. */
  failed(thrown: unknown): ProxyError
}
