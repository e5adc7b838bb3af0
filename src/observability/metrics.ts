import { ERROR_TRAITS } from '../core/errors.ts'
import { METRIC_BREAKERS_MAX, METRIC_MODELS_MAX, METRIC_PROVIDERS_MAX } from '../core/limits.ts'
import { OUTCOMES, SURFACE_LABELS } from '../core/record.ts'
import { REQUEST_CLASSES } from '../core/request-class.ts'
import * as bounds from './bounds.ts'
import { LabelSet } from './label-set.ts'
import { declareProcess } from './process-metrics.ts'
import { createRegistry, type Registry } from './registry.ts'
import { declareRooms } from './room-metrics.ts'

/** What the values of the open labels are; read from the configuration once, when lynkr starts. */
export interface MetricsOptions {
  readonly providers: readonly string[]
  readonly models: readonly string[]
  readonly version: string
  readonly commit: string
  /** Whether the workers of an instance have caches of their own. Default: they share one, as a file. */
  readonly hasOwnCache?: boolean
}

export const BREAKER_STATES = ['CLOSED', 'HALF_OPEN', 'OPEN'] as const
const ATTEMPT_RESULTS = ['ok', 'failure', 'dropped', 'ignore'] as const
export const TOKEN_TYPES = ['input', 'cache_read', 'cache_write', 'output'] as const
/** `gen_ai.operation.name`, of the surfaces that reach a model. */
export const OPERATIONS = ['chat', 'embeddings'] as const

export type BreakerLabel = (typeof BREAKER_STATES)[number]
export type AttemptResult = (typeof ATTEMPT_RESULTS)[number]

export type MetricFamilies = ReturnType<typeof declareMetrics>

/** Every metric of lynkr, declared here and nowhere else; `docs/metrics.md` is made from it. */
export function declareMetrics(options: MetricsOptions) {
  const registry = createRegistry()
  const labels = {
    surface: new LabelSet('surface', SURFACE_LABELS, { isOpen: false }),
    provider: new LabelSet('provider', options.providers, { isOpen: true, limit: METRIC_PROVIDERS_MAX }),
    genAiProvider: new LabelSet('gen_ai_provider_name', options.providers, {
      isOpen: true,
      limit: METRIC_PROVIDERS_MAX,
    }),
    breaker: new LabelSet('provider', options.providers, { isOpen: false, limit: METRIC_BREAKERS_MAX }),
    breakerState: new LabelSet('state', BREAKER_STATES, { isOpen: false }),
    model: new LabelSet('model', options.models, { isOpen: true, limit: METRIC_MODELS_MAX }),
    tokenType: new LabelSet('type', TOKEN_TYPES, { isOpen: false }),
    outcome: new LabelSet('outcome', OUTCOMES, { isOpen: false }),
    errorKind: new LabelSet('kind', Object.keys(ERROR_TRAITS), { isOpen: false }),
    shedClass: new LabelSet('class', REQUEST_CLASSES, { isOpen: false }),
    attemptResult: new LabelSet('result', ATTEMPT_RESULTS, { isOpen: false }),
    operation: new LabelSet('gen_ai_operation_name', OPERATIONS, { isOpen: false }),
  }
  return {
    registry,
    labels,
    ...declareRequests(registry, labels),
    ...declareUsage(registry, labels),
    ...declarePace(registry, labels),
    ...declareProtections(registry, labels),
    ...declareRooms(registry, labels.provider, options.hasOwnCache ?? false),
    ...declareProcess(registry, options),
  }
}

export type Labels = MetricFamilies['labels']
type LabelsOf<Name extends string> = Readonly<Record<Name, LabelSet>>

function declareRequests(registry: Registry, labels: LabelsOf<'surface' | 'errorKind'>) {
  const bySurface = { labels: [labels.surface] }
  return {
    requests: registry.counter({
      name: 'http_requests_total',
      help: 'Requests finished, however they ended; health checks and scrapes are not counted.',
      ...bySurface,
    }),
    requestErrors: registry.counter({
      name: 'http_request_errors_total',
      help: 'Requests answered with a 5xx status, or whose stream broke after it had begun; those shed are rejected instead.',
      ...bySurface,
    }),
    requestsRejected: registry.counter({
      name: 'http_requests_rejected_total',
      help: 'Requests refused by load shedding.',
    }),
    firstByte: registry.histogram(
      {
        name: 'http_request_duration_seconds',
        help: 'Time from request to first response byte.',
        unit: 'seconds',
        ...bySurface,
      },
      bounds.FIRST_BYTE_SECONDS,
    ),
    requestSeconds: registry.histogram(
      {
        name: 'lynkr_request_seconds',
        help: 'Time from request to last response byte.',
        unit: 'seconds',
        ...bySurface,
      },
      bounds.REQUEST_SECONDS,
    ),
    requestsPerSecond: registry.gauge({
      name: 'http_requests_per_second',
      help: 'Requests finished per second, over the last 15 s; for the autoscaler.',
    }),
    inflight: registry.gauge({ name: 'lynkr_requests_inflight', help: 'Requests being served now.' }),
    errors: registry.counter({
      name: 'lynkr_errors_total',
      help: 'Requests that ended in an error, by kind, the client errors included.',
      labels: [labels.errorKind],
    }),
    requestBytes: registry.counter({
      name: 'lynkr_request_bytes_total',
      help: 'Bytes of request bodies received.',
      unit: 'bytes',
    }),
    responseBytes: registry.counter({
      name: 'lynkr_response_bytes_total',
      help: 'Bytes of response bodies sent.',
      unit: 'bytes',
    }),
  }
}

function declareUsage(
  registry: Registry,
  labels: LabelsOf<'model' | 'tokenType' | 'genAiProvider' | 'operation' | 'provider' | 'outcome'>,
) {
  const usageOf = (kind: string, help: string) =>
    registry.counter({
      name: `gen_ai_client_inference_usage_${kind}_tokens_total`,
      help,
      labels: [labels.genAiProvider, labels.operation],
      constant: { gen_ai_token_modality: 'unknown' },
    })
  return {
    tokensInput: registry.counter({
      name: 'tokens_input_total',
      help: 'Prompt tokens, those read from and written to the prompt cache included.',
    }),
    tokensOutput: registry.counter({ name: 'tokens_output_total', help: 'Tokens made by models, reasoning included.' }),
    cost: registry.counter({
      name: 'cost_total',
      help: 'Cost in US dollars, exact to the micro-dollar.',
      scale: 'micro',
    }),
    modelRequests: registry.counter({
      name: 'lynkr_model_requests_total',
      help: 'Requests by the model that served them.',
      labels: [labels.model],
    }),
    modelTokens: registry.counter({
      name: 'lynkr_model_tokens_total',
      help: 'Tokens by model and price class; the four types are disjoint.',
      labels: [labels.model, labels.tokenType],
    }),
    modelCost: registry.counter({
      name: 'lynkr_model_cost_usd_total',
      help: 'Cost in US dollars by model.',
      scale: 'micro',
      labels: [labels.model],
    }),
    modelSeconds: registry.histogram(
      {
        name: 'lynkr_model_seconds',
        help: 'Duration of a request by model.',
        unit: 'seconds',
        labels: [labels.model],
        isInternal: true,
      },
      bounds.GEN_AI_SECONDS,
    ),
    providerRequests: registry.counter({
      name: 'lynkr_provider_requests_total',
      help: 'Requests by the provider that served them last, and how they ended.',
      labels: [labels.provider, labels.outcome],
    }),
    genAiInput: usageOf('input', 'Prompt tokens by provider, cached ones included.'),
    genAiOutput: usageOf('output', 'Tokens made by models, by provider.'),
    genAiCacheRead: usageOf('cache_read_input', 'Prompt tokens read from the provider’s prompt cache.'),
    genAiCacheWrite: usageOf('cache_write_input', 'Prompt tokens written to the provider’s prompt cache.'),
    genAiReasoning: usageOf('reasoning_output', 'Output tokens spent on reasoning.'),
  }
}

function declarePace(registry: Registry, labels: LabelsOf<'genAiProvider'>) {
  const byProvider = { labels: [labels.genAiProvider], constant: { gen_ai_operation_name: 'chat' } }
  return {
    inferenceSeconds: registry.histogram(
      {
        name: 'gen_ai_client_inference_duration_seconds',
        help: 'Duration of a chat request that reached a provider.',
        unit: 'seconds',
        ...byProvider,
      },
      bounds.GEN_AI_SECONDS,
    ),
    firstChunkSeconds: registry.histogram(
      {
        name: 'gen_ai_client_inference_time_to_first_chunk_seconds',
        help: 'Time to the first byte of a streamed chat response.',
        unit: 'seconds',
        ...byProvider,
      },
      bounds.GEN_AI_SECONDS,
    ),
    outputTokenSeconds: registry.histogram(
      {
        name: 'gen_ai_server_time_per_output_token_seconds',
        help: 'Time per output token after the first, of a finished streamed chat response.',
        unit: 'seconds',
        ...byProvider,
      },
      bounds.OUTPUT_TOKEN_SECONDS,
    ),
  }
}

function declareProtections(
  registry: Registry,
  labels: LabelsOf<'breaker' | 'breakerState' | 'provider' | 'shedClass' | 'attemptResult'>,
) {
  return {
    breakerState: registry.gauge({
      name: 'circuit_breaker_state',
      help: 'State of the worst circuit breaker among a provider’s models: 1 for the current state, else 0.',
      labels: [labels.breaker, labels.breakerState],
      merge: 'worst',
    }),
    attempts: registry.counter({
      name: 'lynkr_upstream_attempts_total',
      help: 'Attempts made upstream, token counts and embeddings included, by what they say about the provider.',
      labels: [labels.provider, labels.attemptResult],
    }),
    retries: registry.counter({
      name: 'lynkr_upstream_retries_total',
      help: 'Attempts after the first of their request.',
      labels: [labels.provider],
    }),
    shed: registry.counter({
      name: 'lynkr_shed_total',
      help: 'Requests refused by load shedding, by class.',
      labels: [labels.shedClass],
    }),
    repairs: registry.counter({
      name: 'lynkr_stream_repairs_total',
      help: 'Repairs made to streams that broke the grammar of their dialect.',
      labels: [labels.provider],
    }),
    dropped: registry.counter({
      name: 'lynkr_dropped_features_total',
      help: 'Request features that the provider’s dialect cannot express and that were left out.',
      labels: [labels.provider],
    }),
    pings: registry.counter({ name: 'lynkr_pings_total', help: 'Pings sent to keep idle streams alive.' }),
    estimated: registry.counter({
      name: 'lynkr_usage_estimated_total',
      help: 'Requests whose tokens lynkr counted itself, for the provider did not say.',
    }),
    logLinesDropped: registry.counter({
      name: 'lynkr_log_lines_dropped_total',
      help: 'Log lines lost because stdout was not read fast enough.',
    }),
    spansSent: registry.counter({
      name: 'lynkr_trace_spans_sent_total',
      help: 'Trace spans that the OTLP endpoint took.',
    }),
    spansLost: registry.counter({
      name: 'lynkr_trace_spans_lost_total',
      help: 'Trace spans lost because the OTLP endpoint was slow, refused them or could not be reached.',
    }),
  }
}
