import type { Fields } from './fields.ts'

/** Level of the one log line that an error gets. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Families of error envelopes on the wire. Every dialect belongs to one. */
export type ErrorEnvelope = 'anthropic' | 'openai'

/**
 * What follows from an error, fixed by its kind alone.
 *
 * - `tries`    who may be asked instead, while nothing has been sent: nobody, the provider's next key, the next target
 * - `outcome`  what breaker and limiter learn: the target failed, the sample says nothing (`dropped`), or no sample at all
 * - `retry`    what `x-should-retry` tells the client: `true`, `false`, or nothing (`null`) so that its own rules hold
 * - `wire`     status and name per envelope; an upstream's own status replaces it where the kind says "as sent"
 */
export interface ErrorTraits {
  readonly tries: 'nobody' | 'next_key' | 'next_target'
  readonly outcome: 'failure' | 'dropped' | 'ignore'
  readonly retry: boolean | null
  readonly log: LogLevel
  readonly wire: Readonly<Record<ErrorEnvelope, WireError>>
}

export interface WireError {
  readonly status: number
  readonly type: string
  readonly code: string | null
}

function wire(status: number, anthropicType: string, openaiType: string, openaiCode: string | null = null) {
  return {
    anthropic: { status, type: anthropicType, code: null },
    openai: { status, type: openaiType, code: openaiCode },
  } as const
}

/** Anthropic clients know 529; everybody else knows 503. */
const OVERLOADED_WIRE = {
  anthropic: { status: 529, type: 'overloaded_error', code: null },
  openai: { status: 503, type: 'server_error', code: 'overloaded' },
} as const

const OURS = { tries: 'nobody', outcome: 'ignore', retry: null, log: 'info' } as const
const UPSTREAM_FAILED = { tries: 'next_target', outcome: 'failure', retry: null, log: 'warn' } as const

export const ERROR_TRAITS = {
  invalid_request: { ...OURS, wire: wire(400, 'invalid_request_error', 'invalid_request_error') },
  /** Claude Code tries a 401 ten times over three minutes before it says a word; it asks its helper for a new key all the same. */
  unauthenticated: {
    ...OURS,
    retry: false,
    wire: wire(401, 'authentication_error', 'invalid_request_error', 'invalid_api_key'),
  },
  forbidden: { ...OURS, wire: wire(403, 'permission_error', 'invalid_request_error', 'forbidden') },
  unknown_model: { ...OURS, wire: wire(404, 'not_found_error', 'invalid_request_error', 'model_not_found') },
  not_found: { ...OURS, wire: wire(404, 'not_found_error', 'invalid_request_error', 'not_found') },
  method_not_allowed: { ...OURS, wire: wire(405, 'invalid_request_error', 'invalid_request_error') },
  upgrade_required: { ...OURS, wire: wire(426, 'invalid_request_error', 'invalid_request_error', 'upgrade_required') },
  request_too_large: { ...OURS, wire: wire(413, 'request_too_large', 'invalid_request_error', 'request_too_large') },
  unsupported_media_type: { ...OURS, wire: wire(415, 'invalid_request_error', 'invalid_request_error') },
  budget_exhausted: {
    ...OURS,
    retry: false,
    wire: wire(429, 'billing_error', 'insufficient_quota', 'insufficient_quota'),
  },
  rate_limited: {
    ...OURS,
    retry: true,
    wire: wire(429, 'rate_limit_error', 'rate_limit_error', 'rate_limit_exceeded'),
  },
  overloaded: { ...OURS, retry: true, log: 'warn', wire: OVERLOADED_WIRE },
  circuit_open: { ...OURS, tries: 'next_target', retry: true, log: 'warn', wire: OVERLOADED_WIRE },
  upstream_rate_limited: {
    tries: 'next_target',
    outcome: 'dropped',
    retry: null,
    log: 'info',
    wire: wire(429, 'rate_limit_error', 'rate_limit_error', 'rate_limit_exceeded'),
  },
  upstream_auth: {
    tries: 'next_key',
    outcome: 'ignore',
    retry: null,
    log: 'error',
    wire: wire(401, 'authentication_error', 'invalid_request_error', 'invalid_api_key'),
  },
  /** The account behind our credential has no money or quota left; waiting does not help, another credential may. */
  upstream_quota: {
    tries: 'next_key',
    outcome: 'ignore',
    retry: false,
    log: 'error',
    wire: wire(402, 'billing_error', 'insufficient_quota', 'insufficient_quota'),
  },
  upstream_error: { ...UPSTREAM_FAILED, wire: wire(500, 'api_error', 'server_error') },
  upstream_unreachable: { ...UPSTREAM_FAILED, wire: wire(502, 'api_error', 'server_error', 'upstream_unreachable') },
  upstream_timeout: { ...UPSTREAM_FAILED, wire: wire(504, 'timeout_error', 'server_error', 'upstream_timeout') },
  upstream_malformed: { ...UPSTREAM_FAILED, wire: wire(502, 'api_error', 'server_error', 'upstream_malformed') },
  upstream_rejected: { ...OURS, wire: wire(400, 'invalid_request_error', 'invalid_request_error') },
  stream_interrupted: {
    tries: 'nobody',
    outcome: 'failure',
    retry: null,
    log: 'warn',
    wire: wire(502, 'api_error', 'server_error', 'stream_interrupted'),
  },
  client_closed: { ...OURS, wire: wire(499, 'api_error', 'server_error', 'client_closed') },
  sandbox_denied: {
    ...OURS,
    retry: false,
    wire: wire(403, 'permission_error', 'invalid_request_error', 'sandbox_denied'),
  },
  sandbox_timeout: { ...OURS, wire: wire(504, 'timeout_error', 'server_error', 'sandbox_timeout') },
  sandbox_unavailable: { ...OURS, log: 'error', wire: wire(503, 'api_error', 'server_error', 'sandbox_unavailable') },
  shutting_down: { ...OURS, retry: true, wire: OVERLOADED_WIRE },
  internal: { ...OURS, log: 'error', wire: wire(500, 'api_error', 'server_error', 'internal') },
} as const satisfies Record<string, ErrorTraits>

export type ErrorKind = keyof typeof ERROR_TRAITS

/** What an upstream answered when it refused or failed, kept so that a client of the same dialect sees it unchanged. */
export interface UpstreamFailure {
  readonly status: number
  readonly headers: Fields
  readonly body: Uint8Array
}

export interface ErrorDetail {
  /** JSON path of the offending field, dots and numbers: `messages.2.content`. */
  readonly path?: string
  /** Name that clients act on, where the kind's own says less. */
  readonly code?: string
  /** Earliest sensible next try, in ms from now. */
  readonly retryAfterMs?: number
  /** When the limit that was reached begins anew, by the calendar. */
  readonly resetsAtWallMs?: number
  /** The upstream's own answer; its status wins over the table's. */
  readonly upstream?: UpstreamFailure
  /** The upstream's body is in an envelope of its own, which no client of its dialect reads: it goes to nobody. */
  readonly isForeignBody?: boolean
  /** The prompt did not fit the model's window, which clients answer by compacting: each dialect has its own sign for it. */
  readonly isContextOverflow?: boolean
  /** The client's own time limit, shorter than ours, has passed: the client counts as having left. */
  readonly isHasty?: boolean
  /** It ended before there was a connection: not a byte of the request was sent, and nothing is charged for it. */
  readonly isUnsent?: boolean
  /** Short facts for the log line; never secrets or prompts. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

/** The one error class. `kind` decides everything that follows; `message` is for the person at the client. */
export class ProxyError extends Error {
  readonly kind: ErrorKind
  readonly detail: ErrorDetail

  constructor(kind: ErrorKind, message: string, options: { cause?: unknown; detail?: ErrorDetail } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProxyError'
    this.kind = kind
    this.detail = options.detail ?? {}
  }

  get traits(): ErrorTraits {
    return ERROR_TRAITS[this.kind]
  }

  /** The same error, of which more is known. */
  withDetail(more: ErrorDetail): ProxyError {
    return new ProxyError(this.kind, this.message, { cause: this.cause, detail: { ...this.detail, ...more } })
  }

  /** The same error, with another word on when to try again. */
  afterMs(retryAfterMs: number): ProxyError {
    return this.withDetail({ retryAfterMs })
  }
}

/**
 * The status a client sees. An upstream's refusal keeps its own; its failures are told in the client's terms: 503 and
 * 529 mean overload, which each family of clients knows by the other number.
 */
export function clientStatus({ traits, detail }: ProxyError, envelope: ErrorEnvelope): number {
  const status = detail.upstream?.status
  if (status === undefined || status < 400) return traits.wire[envelope].status
  if (status === 422) return 400
  if (status === 503 || status === 529) return OVERLOADED_WIRE[envelope].status
  return status < 500 || status === 504 ? status : traits.wire[envelope].status
}

/** Anything thrown, as a `ProxyError`; what is not one is a bug of ours and becomes `internal` without its text. */
export function toProxyError(thrown: unknown): ProxyError {
  if (thrown instanceof ProxyError) return thrown
  return new ProxyError('internal', 'lynkr met an internal error; its log has the details', { cause: thrown })
}
