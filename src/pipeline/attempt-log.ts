import type { ProxyError } from '../core/errors.ts'
import { ATTEMPTS_TOLD_MAX } from '../core/limits.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { Target } from '../core/target.ts'
import { childSpan, type TraceContext } from '../core/traceparent.ts'
import type { Inbound, PipelineDeps } from './ports.ts'

interface Running {
  readonly target: Target
  readonly startedMs: number
}

/** The attempts of one request, as they happened: at most one is under way, and the next one ends it. */
export class AttemptLog {
  readonly #deps: Pick<PipelineDeps, 'clock' | 'random'>
  readonly #inbound: Pick<Inbound, 'startedMs' | 'trace'>
  readonly #told: AttemptRecord[] = []
  #running: Running | null = null
  #trace: TraceContext
  #count = 0

  constructor(deps: Pick<PipelineDeps, 'clock' | 'random'>, inbound: Pick<Inbound, 'startedMs' | 'trace'>) {
    this.#deps = deps
    this.#inbound = inbound
    this.#trace = inbound.trace
  }

  get count(): number {
    return this.#count
  }

  get told(): readonly AttemptRecord[] {
    return this.#told
  }

  /** The span of the attempt under way; the request's own before the first. */
  get trace(): TraceContext {
    return this.#trace
  }

  begin(target: Target): void {
    this.end(null)
    this.#count++
    this.#trace = childSpan(this.#inbound.trace, this.#deps.random)
    this.#running = { target, startedMs: this.#elapsedMs() }
  }

  /** Nothing happens if none is under way. */
  end(error: ProxyError | null): void {
    const running = this.#running
    if (running === null) return
    this.#running = null
    if (this.#told.length >= ATTEMPTS_TOLD_MAX) return
    const { target, startedMs } = running
    this.#told.push({
      spanId: this.#trace.spanId,
      provider: target.provider.id,
      model: target.model,
      startedMs,
      durationMs: this.#elapsedMs() - startedMs,
      status: error === null ? 200 : (error.detail.upstream?.status ?? null),
      errorKind: error?.kind ?? null,
    })
  }

  #elapsedMs(): number {
    return this.#deps.clock.nowMs() - this.#inbound.startedMs
  }
}
