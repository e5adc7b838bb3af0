import type { RequestRecord } from '../core/record.ts'
import type { RequestClass } from '../core/request-class.ts'
import { promptTokens } from '../core/usage.ts'
import {
  type AttemptResult,
  BREAKER_STATES,
  type BreakerLabel,
  declareMetrics,
  type MetricFamilies,
  type MetricsOptions,
  TOKEN_TYPES,
} from './metrics.ts'
import { createRoomMetrics, type RoomMetrics } from './room-recorder.ts'

/** What the pipeline tells the metrics. Every call is a few additions to numbers that exist already. */
export interface Metrics {
  readonly families: MetricFamilies
  readonly rooms: RoomMetrics
  /** Counts a finished request into every metric that follows from its record; once per request. */
  recordRequest(record: RequestRecord): void
  countAttempt(provider: string, result: AttemptResult): void
  countRetry(provider: string): void
  countShed(requestClass: RequestClass): void
  countPing(): void
  /** Worst state among the provider's models. A provider outside the configuration is not shown. */
  setBreakerState(provider: string, state: BreakerLabel): void
  /** +1 when a request is accepted, -1 when it has ended. */
  addInflight(change: 1 | -1): void
}

export function createMetrics(options: MetricsOptions): Metrics {
  const families = declareMetrics(options)
  const { labels } = families
  const metrics: Metrics = {
    families,
    rooms: createRoomMetrics(families),
    recordRequest: (record) => recordRequest(families, record),
    countAttempt(provider, result) {
      families.attempts.add(1, labels.provider.indexOf(provider), labels.attemptResult.indexOf(result))
    },
    countRetry: (provider) => families.retries.add(1, labels.provider.indexOf(provider)),
    countShed: (requestClass) => families.shed.add(1, labels.shedClass.indexOf(requestClass)),
    countPing: () => families.pings.add(1),
    setBreakerState(provider, state) {
      if (!labels.breaker.has(provider)) return
      const place = labels.breaker.indexOf(provider)
      for (const each of BREAKER_STATES) {
        families.breakerState.set(each === state ? 1 : 0, place, labels.breakerState.indexOf(each))
      }
    },
    addInflight: (change) => families.inflight.add(change),
  }
  for (const provider of labels.breaker.values) metrics.setBreakerState(provider, 'CLOSED')
  return metrics
}

function recordRequest(metrics: MetricFamilies, record: RequestRecord): void {
  const { labels } = metrics
  const surface = labels.surface.indexOf(record.surface)
  metrics.requests.add(1, surface)
  if (isServerError(record)) metrics.requestErrors.add(1, surface)
  if (record.errorKind !== null) recordError(metrics, record)
  if (record.firstByteMs !== null) metrics.firstByte.observe(record.firstByteMs / 1000, surface)
  metrics.requestSeconds.observe(record.durationMs / 1000, surface)
  metrics.requestBytes.add(record.requestBytes)
  metrics.responseBytes.add(record.responseBytes)
  if (record.provider !== null) recordProvider(metrics, record, record.provider)
  if (record.usage !== null || record.costMicroUsd !== null) recordUsage(metrics, record)
}

/**
 * A request that was shed is counted as rejected alone: one cause must not fire two alerts. A bug of ours may show when
 * the stream has its 200 already.
 */
function isServerError({ status, outcome, errorKind }: RequestRecord): boolean {
  if (outcome === 'truncated' || outcome === 'internal_error') return true
  return status >= 500 && errorKind !== 'overloaded'
}

function recordError(metrics: MetricFamilies, { errorKind }: RequestRecord): void {
  metrics.errors.add(1, metrics.labels.errorKind.indexOf(errorKind))
  if (errorKind === 'overloaded') metrics.requestsRejected.add(1)
}

function recordProvider(metrics: MetricFamilies, record: RequestRecord, name: string): void {
  const { labels } = metrics
  const provider = labels.provider.indexOf(name)
  metrics.providerRequests.add(1, provider, labels.outcome.indexOf(record.outcome))
  const model = labels.model.indexOf(record.modelUsed)
  metrics.modelRequests.add(1, model)
  metrics.modelSeconds.observe(record.durationMs / 1000, model)
  metrics.repairs.add(record.repairs, provider)
  metrics.dropped.add(record.dropped.length, provider)
  if (isChat(record)) recordPace(metrics, record, provider)
}

function recordPace(metrics: MetricFamilies, record: RequestRecord, provider: number): void {
  metrics.inferenceSeconds.observe(record.durationMs / 1000, provider)
  if (!record.stream || record.firstByteMs === null) return
  metrics.firstChunkSeconds.observe(record.firstByteMs / 1000, provider)
  const laterTokens = (record.usage?.outputTokens ?? 0) - 1
  if (record.outcome !== 'ok' || laterTokens < 1) return
  metrics.outputTokenSeconds.observe((record.durationMs - record.firstByteMs) / 1000 / laterTokens, provider)
}

function recordUsage(metrics: MetricFamilies, record: RequestRecord): void {
  const { labels } = metrics
  const { usage, costMicroUsd } = record
  const model = labels.model.indexOf(record.modelUsed)
  if (costMicroUsd !== null) {
    metrics.cost.add(costMicroUsd)
    metrics.modelCost.add(costMicroUsd, model)
  }
  if (usage === null) return
  if (record.isUsageEstimated) metrics.estimated.add(1)
  const promptTotal = promptTokens(usage)
  metrics.tokensInput.add(promptTotal)
  metrics.tokensOutput.add(usage.outputTokens)
  metrics.modelTokens.add(usage.inputTokens, model, TOKEN.input)
  metrics.modelTokens.add(usage.cacheReadTokens, model, TOKEN.cacheRead)
  metrics.modelTokens.add(usage.cacheWriteTokens, model, TOKEN.cacheWrite)
  metrics.modelTokens.add(usage.outputTokens, model, TOKEN.output)
  const provider = labels.genAiProvider.indexOf(record.provider)
  const operation = isChat(record) ? OPERATION.chat : OPERATION.embeddings
  metrics.genAiInput.add(promptTotal, provider, operation)
  metrics.genAiOutput.add(usage.outputTokens, provider, operation)
  metrics.genAiCacheRead.add(usage.cacheReadTokens, provider, operation)
  metrics.genAiCacheWrite.add(usage.cacheWriteTokens, provider, operation)
  metrics.genAiReasoning.add(usage.reasoningTokens, provider, operation)
}

const TOKEN = {
  input: TOKEN_TYPES.indexOf('input'),
  cacheRead: TOKEN_TYPES.indexOf('cache_read'),
  cacheWrite: TOKEN_TYPES.indexOf('cache_write'),
  output: TOKEN_TYPES.indexOf('output'),
} as const

const OPERATION = { chat: 0, embeddings: 1 } as const

function isChat({ surface }: RequestRecord): boolean {
  return surface === 'messages' || surface === 'chat' || surface === 'responses'
}
