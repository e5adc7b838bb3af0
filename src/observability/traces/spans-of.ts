import type { Random } from '../../core/random.ts'
import type { AttemptRecord, DecisionRecord, RequestRecord, SurfaceLabel } from '../../core/record.ts'
import { redactText } from '../../core/secret.ts'
import { newSpanId } from '../../core/traceparent.ts'
import { promptTokens } from '../../core/usage.ts'

/** A finished span in our own words. Times are Unix ms; ids are hex. */
export interface Span {
  readonly name: string
  readonly kind: 'server' | 'client' | 'internal'
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly startWallMs: number
  readonly endWallMs: number
  readonly isError: boolean
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

const ROUTES: Readonly<Record<SurfaceLabel, { readonly method: 'GET' | 'POST'; readonly route: string }>> = {
  messages: { method: 'POST', route: '/v1/messages' },
  count_tokens: { method: 'POST', route: '/v1/messages/count_tokens' },
  chat: { method: 'POST', route: '/v1/chat/completions' },
  responses: { method: 'POST', route: '/v1/responses' },
  embeddings: { method: 'POST', route: '/v1/embeddings' },
  models: { method: 'GET', route: '/v1/models' },
  commands: { method: 'POST', route: '/v1/commands/{name}' },
}

/**
 * The spans of a finished request: one for the request, and below it one for each decision and each attempt. Names and
 * numbers only, no content; words of a client lose what looks like a credential.
 *
 * @see OpenTelemetry semantic conventions for HTTP servers and for generative AI clients
 */
export function spansOf(record: RequestRecord, random: Random): readonly Span[] {
  return [
    requestSpan(record),
    ...record.decisions.map((decision) => decisionSpan(record, decision, newSpanId(random))),
    ...record.attemptList.map((attempt, i) => attemptSpan(record, attempt, i)),
  ]
}

function requestSpan(record: RequestRecord): Span {
  const { method, route } = ROUTES[record.surface]
  return {
    name: `${method} ${route}`,
    kind: 'server',
    traceId: record.traceId,
    spanId: record.spanId,
    parentId: record.parentSpanId,
    startWallMs: record.startedWallMs,
    endWallMs: record.startedWallMs + record.durationMs,
    isError: record.status >= 500 || record.outcome === 'truncated' || record.outcome === 'internal_error',
    attributes: present({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': record.status,
      'http.request.body.size': record.requestBytes,
      'http.response.body.size': record.responseBytes,
      'error.type': record.errorKind,
      'lynkr.request.id': redactText(record.requestId),
      'lynkr.key.id': record.keyId,
      'lynkr.lane': record.lane,
      'lynkr.outcome': record.outcome,
      'lynkr.attempts': record.attempts,
      'lynkr.cost_usd': record.costMicroUsd === null ? null : record.costMicroUsd / 1e6,
      'lynkr.stream.repairs': record.repairs,
      'lynkr.dropped_features': record.dropped.length,
    }),
  }
}

/** A refused budget is the client's affair and no error of lynkr's. */
function decisionSpan(record: RequestRecord, decision: DecisionRecord, spanId: string): Span {
  const startWallMs = record.startedWallMs + decision.startedMs
  return {
    name: `lynkr.${decision.about}`,
    kind: 'internal',
    traceId: record.traceId,
    spanId,
    parentId: record.spanId,
    startWallMs,
    endWallMs: startWallMs + decision.durationMs,
    isError: false,
    attributes: { [`lynkr.${decision.about}.result`]: decision.result },
  }
}

function attemptSpan(record: RequestRecord, attempt: AttemptRecord, index: number): Span {
  const operation = record.surface === 'embeddings' ? 'embeddings' : 'chat'
  const model = attempt.model === '' ? record.modelAsked : attempt.model
  const startWallMs = record.startedWallMs + attempt.startedMs
  return {
    name: model === null ? operation : `${operation} ${redactText(model)}`,
    kind: 'client',
    traceId: record.traceId,
    spanId: attempt.spanId,
    parentId: record.spanId,
    startWallMs,
    endWallMs: startWallMs + attempt.durationMs,
    isError: attempt.errorKind !== null && attempt.errorKind !== 'client_closed',
    attributes: present({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': attempt.provider,
      'gen_ai.request.model': model === null ? null : redactText(model),
      'gen_ai.request.stream': record.stream,
      'http.response.status_code': attempt.status,
      'http.request.resend_count': index === 0 ? null : index,
      'error.type': attempt.errorKind,
      ...(index === record.attempts - 1 ? answerAttributes(record, attempt) : {}),
    }),
  }
}

/** What only the attempt knows that gave the answer. */
function answerAttributes(record: RequestRecord, attempt: AttemptRecord) {
  const { usage, firstByteMs } = record
  return {
    'gen_ai.response.model': record.modelUsed === null ? null : redactText(record.modelUsed),
    'gen_ai.response.time_to_first_chunk':
      record.stream && firstByteMs !== null ? (firstByteMs - attempt.startedMs) / 1000 : null,
    ...(usage !== null && {
      'gen_ai.usage.input_tokens': promptTokens(usage),
      'gen_ai.usage.output_tokens': usage.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
      'gen_ai.usage.cache_write.input_tokens': usage.cacheWriteTokens,
      'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
      'lynkr.usage.estimated': record.isUsageEstimated,
    }),
  }
}

/** The attributes that are known. */
export function present(attributes: Readonly<Record<string, string | number | boolean | null>>): Span['attributes'] {
  const known: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== null) known[name] = value
  return known
}
