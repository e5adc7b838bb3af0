import type { Settings } from '../config/load.ts'
import { type Clock, type Scheduler, systemClock, systemScheduler } from '../core/clock.ts'
import type { ProxyError } from '../core/errors.ts'
import { systemRandom } from '../core/random.ts'
import type { RequestRecord } from '../core/record.ts'
import { newRequestId } from '../core/request-id.ts'
import { anthropicSurface, anthropicUpstream } from '../dialect/anthropic/index.ts'
import { openaiChatSurface, openaiChatUpstream } from '../dialect/openai-chat/index.ts'
import { openSseFramer } from '../framing/sse-framer.ts'
import { type AppDeps, createApp } from '../http/app.ts'
import { type HealthReport, healthReport } from '../http/health.ts'
import { refuseWebPage } from '../http/local-guard.ts'
import type { AccessLog } from '../observability/access-log.ts'
import { createExposition } from '../observability/exposition.ts'
import type { Logger } from '../observability/logger.ts'
import { CONTENT_TYPES, negotiateFormat } from '../observability/negotiate.ts'
import { openProcessProbe, openSignalSampler, showSignals } from '../observability/process-signals.ts'
import type { Metrics } from '../observability/recorder.ts'
import type { Tracer } from '../observability/traces/tracer.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'
import { createRouter, type Routes } from '../routing/router.ts'
import { fetchTransport } from '../upstream/fetch-transport.ts'
import { staticKeyAuthentication } from './authentication.ts'

/** What `serve` adds to the settings before anything is built. */
export interface ComposeOptions {
  readonly settings: Settings
  readonly routes: Routes
  readonly logger: Logger
  readonly metrics: Metrics
  readonly accessLog: AccessLog
  readonly tracer: Tracer
  /** Headers on every answer. */
  readonly signs: Readonly<Record<string, string>>
  isShuttingDown(): boolean
}

/** Builds the whole application out of its rooms. Opens no port. */
export function compose(options: ComposeOptions) {
  const { settings, metrics } = options
  const sampler = openSignalSampler(openProcessProbe(), systemScheduler, showSignals(metrics, systemClock))
  const exposition = createExposition(metrics.families.registry)
  const pipeline = composePipeline(options, { clock: systemClock, scheduler: systemScheduler })
  const deps: AppDeps = {
    pipeline,
    surfaces: { messages: anthropicSurface, chat: openaiChatSurface },
    bodyBytesMax: settings.bodyBytesMax,
    signs: options.signs,
    refuse: settings.apiKeys.length === 0 && !settings.allowUnauthenticated ? refuseWebPage : () => null,
    health: () => (settings.healthCheckEnabled ? readHealth(options, sampler.latest()) : null),
    exposition(accept) {
      if (!settings.metricsEnabled) return null
      const format = negotiateFormat(accept)
      return { contentType: CONTENT_TYPES[format], text: exposition.render(format) }
    },
  }
  return {
    app: createApp(deps),
    async close() {
      sampler.close()
      await options.tracer.close()
    },
  }
}

function composePipeline(
  { settings, routes, logger, metrics, accessLog, tracer }: ComposeOptions,
  time: { clock: Clock; scheduler: Scheduler },
): PipelineDeps {
  return {
    ...time,
    random: systemRandom,
    transport: fetchTransport,
    upstreams: { anthropic: anthropicUpstream, 'openai-chat': openaiChatUpstream },
    openFramer: openSseFramer,
    authenticate: staticKeyAuthentication(settings.apiKeys),
    router: createRouter(routes),
    isStrict: settings.strict,
    onRepair: () => undefined,
    onSettled(record, error) {
      metrics.recordRequest(record)
      accessLog.write(record)
      tracer.record(record)
      if (error !== null) logFailure(logger, record, error)
    },
    timeouts: {
      firstEventMs: settings.firstEventTimeoutMs,
      idleMs: settings.idleTimeoutMs,
      pingMs: settings.pingIntervalMs,
    },
    instanceId: newRequestId(time.clock.wallMs(), systemRandom),
  }
}

/** The access line tells that a request failed; this one tells why, where the reason is not the client's own. */
function logFailure(logger: Logger, record: RequestRecord, error: ProxyError): void {
  const { log } = error.traits
  if (log === 'info' || log === 'debug') return
  const fields = { request_id: record.requestId, provider: record.provider, kind: error.kind, ...error.detail.facts }
  logger[log]({ ...fields, ...(error.cause !== undefined && { err: error.cause }) }, error.message)
}

function readHealth(
  { routes, isShuttingDown }: ComposeOptions,
  signals: { rssBytes: number; memoryLimitBytes: number },
): HealthReport {
  const memoryRatio = signals.rssBytes / signals.memoryLimitBytes
  return healthReport({
    memory: {
      healthy: memoryRatio < MEMORY_RATIO_MAX,
      detail: `${Math.round(signals.rssBytes / 1e6)} of ${Math.round(signals.memoryLimitBytes / 1e6)} MB`,
    },
    shutdown: { healthy: !isShuttingDown(), detail: isShuttingDown() ? 'shutting down' : 'serving' },
    providers: Object.fromEntries(routes.providers.map(({ id, baseUrl }) => [id, { healthy: true, detail: baseUrl }])),
  })
}

/** As `LOAD_SHEDDING_MEMORY_THRESHOLD`'s default. */
const MEMORY_RATIO_MAX = 0.85
