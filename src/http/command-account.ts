import type { Clock } from '../core/clock.ts'
import type { CommandCaller } from '../core/commands.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { RequestRecord } from '../core/record.ts'
import { acceptRequestId, newRequestId } from '../core/request-id.ts'
import { childSpan, continueTrace, type TraceContext } from '../core/traceparent.ts'
import { outcomeOf } from '../pipeline/exchange.ts'
import { byteLength } from '../pipeline/usage-estimate.ts'
import { clientClosed, clientSignal } from './client-signal.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** The request's id, if it was made already: an error must be answered under the same. */
    requestId?: string
  }
}

export interface AccountingDeps {
  readonly clock: Clock
  readonly random: Random
  /** Called once per request, after its last byte. Must not throw. */
  onSettled(record: RequestRecord, error: ProxyError | null): void
}

/**
 * The account of one request for a command: the same record as of any other request, without a model or a price. Whoever
 * ends the request calls `settle`; the first call counts.
 */
export class CommandAccount {
  readonly requestId: string
  readonly #trace: TraceContext
  readonly #deps: AccountingDeps
  readonly #startedMs: number
  readonly #startedWallMs: number
  #caller: string | null = null
  #isStream = false
  #requestBytes = 0
  #responseBytes = 0
  #firstByteMs: number | null = null
  #isSettled = false

  constructor(deps: AccountingDeps, { headers }: Request) {
    this.#deps = deps
    this.#startedMs = deps.clock.nowMs()
    this.#startedWallMs = deps.clock.wallMs()
    this.requestId = acceptRequestId(headers.get('x-request-id')) ?? newRequestId(this.#startedWallMs, deps.random)
    this.#trace = continueTrace(headers.get('traceparent'), headers.get('tracestate'), deps.random)
  }

  /** @returns the caller, whose run stands below this request in its trace */
  admitted(caller: CommandCaller): CommandCaller {
    this.#caller = caller.id
    return { ...caller, trace: childSpan(this.#trace, this.#deps.random) }
  }

  /** Names the request in its answer. */
  sign(headers: Headers): void {
    for (const name of ['x-lynkr-request-id', 'request-id']) headers.set(name, this.requestId)
  }

  asked(isStream: boolean, requestBytes: number): void {
    this.#isStream = isStream
    this.#requestBytes = requestBytes
  }

  wrote(piece: Uint8Array | string): void {
    this.#firstByteMs ??= this.#elapsedMs()
    this.#responseBytes += byteLength(piece)
  }

  settle(status: number, thrown: unknown = null): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const error = thrown === null ? null : toProxyError(thrown)
    this.#deps.onSettled(this.#record(error?.kind === 'client_closed' ? 499 : status, error), error)
  }

  #elapsedMs(): number {
    return this.#deps.clock.nowMs() - this.#startedMs
  }

  #record(status: number, error: ProxyError | null): RequestRecord {
    const { traceId, spanId, parentId, isSampled } = this.#trace
    return {
      requestId: this.requestId,
      ...{ traceId, spanId, parentSpanId: parentId, isSampled },
      surface: 'commands',
      stream: this.#isStream,
      ...{ keyId: this.#caller, user: null, team: null, sessionId: null },
      ...{ modelAsked: null, modelUsed: null, provider: null, lane: 'none' },
      ...{ attempts: 0, attemptList: [], decisions: [] },
      status,
      outcome: outcomeOf(error, status),
      errorKind: error?.kind ?? null,
      ...{ usage: null, isUsageEstimated: false, costMicroUsd: null },
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      startedWallMs: this.#startedWallMs,
      firstByteMs: this.#firstByteMs,
      durationMs: this.#elapsedMs(),
      ...{ repairs: 0, dropped: [] },
    }
  }
}

/** An answer that another room has made, with the request's id added; the account is settled after its last byte. */
export function accountedFor(response: Response, account: CommandAccount, request: Request): Response {
  const { status, headers } = response
  // What the request itself was refused for is settled before; what is left is what the protocol's library refuses.
  const error = status < 400 ? null : new ProxyError('invalid_request', 'the message does not fit the protocol')
  account.sign(headers)
  if (response.body === null || error !== null) {
    account.settle(status, error)
    return response
  }
  clientSignal(request).addEventListener('abort', () => account.settle(status, clientClosed()))
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      account.wrote(chunk)
      controller.enqueue(chunk)
    },
    flush: () => account.settle(status),
  })
  return new Response(response.body.pipeThrough(counted), response)
}
