import { z } from 'zod'
import { BODY_BYTES_MAX } from '../core/limits.ts'
import { flag, httpAddress, integer, list, optional, ratio, setting, text } from './setting.ts'

/** Every setting: its values, default, environment name, unit and reason. */
export const SETTINGS = {
  host: setting(text, '127.0.0.1', {
    env: 'HOST',
    meaning: 'Address to listen on. Loopback by default, so that nothing is exposed by accident.',
  }),
  port: setting(integer(0, 65_535), 8080, { env: 'PORT', meaning: 'TCP port to listen on; 0 takes a free one.' }),
  workers: setting(
    () => {
      const error = 'must be a whole number from 1 to 256, or auto'
      return z.union([z.literal('auto'), integer(1, 256, error)()], { error })
    },
    1,
    { env: 'LYNKR_WORKERS', meaning: 'Processes that serve the port together; `auto`: one per processor.' },
  ),
  logLevel: setting(() => z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', {
    env: 'LOG_LEVEL',
    meaning: 'Least level of log lines written.',
  }),
  logFloodLines: setting(integer(0, 1_000_000), 1_000, {
    env: 'LYNKR_LOG_FLOOD_LINES',
    meaning:
      'Access lines a second, of requests that ended alike, that are all written; beyond it every hundredth. 0: all, always.',
  }),
  otlpEndpoint: optional(httpAddress, {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'OpenTelemetry collector that gets the traces, as OTLP over HTTP. Unset: no traces.',
  }),
  otlpHeaders: setting(text, '', {
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    isSecret: true,
    meaning: 'Headers for the collector, `name=value` with commas between; values percent-encoded.',
  }),
  otlpProtocol: setting(
    () =>
      z.enum(['http/protobuf'], {
        error: 'must be http/protobuf, the one protocol lynkr speaks; collectors take it on port 4318',
      }),
    'http/protobuf',
    { env: 'OTEL_EXPORTER_OTLP_PROTOCOL', meaning: 'Protocol of the collector.' },
  ),
  serviceName: setting(text, 'lynkr', { env: 'OTEL_SERVICE_NAME', meaning: 'Name of this service in traces.' }),
  modelProvider: optional(text, {
    env: 'MODEL_PROVIDER',
    meaning:
      'Provider that gets what nothing else claims, by its row id in docs/providers.md. Default: the first that is enabled.',
  }),
  apiKeys: setting(list, [], {
    env: 'LYNKR_API_KEYS',
    isSecret: true,
    meaning:
      'Keys that clients must present, comma-separated, each at least 22 characters (128 bits). Empty: loopback is open to local programs.',
  }),
  adminKey: optional(text, {
    env: 'LYNKR_ADMIN_KEY',
    isSecret: true,
    meaning:
      'Key of the dashboard and of /admin, at least 22 characters, as where pods come and go and nobody reaches their data folder. Unset: one is made there, in `admin.key`.',
  }),
  allowUnauthenticated: setting(flag, false, {
    env: 'LYNKR_ALLOW_UNAUTHENTICATED',
    meaning: 'Serve a non-loopback address without keys. Anybody who reaches it can spend your money.',
  }),
  requireKeys: setting(flag, false, {
    env: 'LYNKR_REQUIRE_KEYS',
    meaning: 'Ask every client for a key even if none is listed: for keys made with `lynkr keys create`.',
  }),
  databaseUrl: optional(() => z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'), {
    env: 'DATABASE_URL',
    isSecret: true,
    meaning:
      'PostgreSQL that instances share for keys, budgets, ledger and usage. Unset: a SQLite file in the data folder.',
  }),
  redisUrl: optional(
    () =>
      z
        .string()
        .regex(/^(redis|rediss|valkey|valkeys|redis\+tls|redis\+unix):\/\//, 'must begin with redis:// or rediss://'),
    {
      env: 'REDIS_URL',
      isSecret: true,
      meaning: 'Redis that instances share for rate limits and cached answers. Unset: each process limits by itself.',
    },
  ),
  budgetFailOpen: setting(flag, false, {
    env: 'LYNKR_BUDGET_FAIL_OPEN',
    meaning: 'Let requests pass unbudgeted while the store cannot vouch for them; the default refuses them.',
  }),
  responseCacheEnabled: setting(flag, false, {
    env: 'RESPONSE_CACHE_ENABLED',
    meaning: 'Keep answers for clients that ask with `x-lynkr-cache: on`, and give them again to the same request.',
  }),
  responseCacheModels: setting(list, [], {
    env: 'LYNKR_RESPONSE_CACHE_MODELS',
    meaning: 'Models whose requests use the response cache without asking, comma-separated; a name may end in `*`.',
  }),
  responseCacheShared: setting(flag, false, {
    env: 'LYNKR_RESPONSE_CACHE_SHARED',
    meaning: "Let all lynkr keys see each other's cached answers; else each key sees its own only.",
  }),
  responseCacheBytesMax: setting(integer(1_048_576, 1_099_511_627_776), 268_435_456, {
    env: 'LYNKR_RESPONSE_CACHE_BYTES_MAX',
    meaning: 'Size of the response cache, in bytes; with REDIS_URL, Redis has its own limit.',
  }),
  responseCacheAgeMaxMs: setting(integer(1_000, 31_536_000_000), 86_400_000, {
    env: 'LYNKR_RESPONSE_CACHE_AGE_MAX',
    meaning: 'Age at which a cached answer is forgotten, in ms.',
  }),
  budgetWebhook: optional(httpAddress, {
    env: 'LYNKR_BUDGET_WEBHOOK',
    isSecret: true,
    meaning: 'Address that gets a JSON body by POST when a budget reaches its soft limit. Unset: the log says it.',
  }),
  usageRetentionDays: setting(integer(1, 36_500), 400, {
    env: 'LYNKR_USAGE_RETENTION_DAYS',
    meaning: 'Days for which usage rows and closed budgets are kept: a year to compare with, and a month.',
  }),
  bodyBytesMax: setting(integer(1_024, 1_073_741_824), BODY_BYTES_MAX, {
    env: 'LYNKR_BODY_BYTES_MAX',
    meaning: "Largest request body, in bytes. The default is Anthropic's own limit.",
  }),
  metricsEnabled: setting(flag, true, {
    env: 'METRICS_ENABLED',
    meaning: 'Serve /metrics and what lies below it. The dashboard has its figures in any case.',
  }),
  dashboardEnabled: setting(flag, true, {
    env: 'LYNKR_DASHBOARD_ENABLED',
    meaning: 'Serve /dashboard, which the admin key opens.',
  }),
  healthCheckEnabled: setting(flag, true, {
    env: 'HEALTH_CHECK_ENABLED',
    meaning: 'Serve /health/ready and /health; /health/live is always there.',
  }),
  modelRefreshMs: setting(integer(0, 86_400_000), 600_000, {
    env: 'LYNKR_MODEL_REFRESH_INTERVAL',
    meaning: 'How often providers are asked which models they have, in ms, beside the requests. 0: never.',
  }),
  promptCacheEnabled: setting(flag, true, {
    env: 'PROMPT_CACHE_ENABLED',
    meaning:
      "Originate the provider's prompt caching for clients that cannot ask for it; what clients ask for is always carried.",
  }),
  strict: setting(flag, false, {
    env: 'LYNKR_STRICT',
    meaning: 'Refuse requests that would lose a feature at the provider, instead of naming it in x-lynkr-dropped.',
  }),
  loadSheddingHeapThreshold: setting(ratio, 0.9, {
    env: 'LOAD_SHEDDING_HEAP_THRESHOLD',
    meaning:
      'Heap in use that sheds load, as a part (0 to 1) of the memory limit; not of the heap, which is always full.',
  }),
  loadSheddingMemoryThreshold: setting(ratio, 0.85, {
    env: 'LOAD_SHEDDING_MEMORY_THRESHOLD',
    meaning: 'Resident memory that sheds load and makes the instance unready, as a part (0 to 1) of the memory limit.',
  }),
  loadSheddingActiveRequestsThreshold: setting(integer(1, 1_000_000), 1_000, {
    env: 'LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD',
    meaning:
      'Requests under way, streams included, above which new ones are refused. Less urgent ones are refused earlier.',
  }),
  loadSheddingQueueWaitMs: setting(integer(1, 60_000), 8, {
    env: 'LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD',
    meaning:
      'Mean wait of ready work for the processor, in ms, above which fewer requests are admitted. Health answers wait as long.',
  }),
  loadSheddingLoopLagMs: setting(integer(1, 3_600_000), 500, {
    env: 'LOAD_SHEDDING_LOOP_LAG_THRESHOLD',
    meaning:
      'Stall of the process, in ms, above which new requests are refused: the event loop stands still or a neighbour has the processor.',
  }),
  circuitBreakerFailureThreshold: setting(integer(1, 10_000), 5, {
    env: 'CIRCUIT_BREAKER_FAILURE_THRESHOLD',
    meaning: 'Failures in a row that open the circuit breaker of a model at a provider.',
  }),
  circuitBreakerTimeoutMs: setting(integer(1, 3_600_000), 60_000, {
    env: 'CIRCUIT_BREAKER_TIMEOUT',
    meaning: 'How long an open circuit breaker waits before it probes, in ms. Doubles with each failed probe.',
  }),
  circuitBreakerSuccessThreshold: setting(integer(1, 1_000), 2, {
    env: 'CIRCUIT_BREAKER_SUCCESS_THRESHOLD',
    meaning: 'Probes that must succeed before a circuit breaker closes; as many are let through at once.',
  }),
  gracefulShutdownTimeoutMs: setting(integer(0, 3_600_000), 30_000, {
    env: 'GRACEFUL_SHUTDOWN_TIMEOUT',
    meaning: 'From SIGTERM to exit, in ms.',
  }),
  connectTimeoutMs: setting(integer(100, 600_000), 10_000, {
    env: 'LYNKR_CONNECT_TIMEOUT',
    meaning:
      'Longest wait for an upstream to accept a connection, TLS included, in ms; behind a proxy of the environment it is not watched.',
  }),
  upstreamTransport: setting(() => z.enum(['sockets', 'fetch']), 'sockets', {
    env: 'LYNKR_UPSTREAM_TRANSPORT',
    meaning:
      "What carries requests to upstreams: lynkr's own connections, or Bun's `fetch`, which is always taken where the environment names a proxy, or has every certificate believed.",
  }),
  firstEventTimeoutMs: setting(integer(100, 3_600_000), 600_000, {
    env: 'LYNKR_FIRST_EVENT_TIMEOUT',
    meaning: 'From sending a request upstream to the first event of its answer, in ms. Clients give up at 600 s.',
  }),
  idleTimeoutMs: setting(integer(100, 3_600_000), 300_000, {
    env: 'LYNKR_IDLE_TIMEOUT',
    meaning: 'Longest silence of an upstream inside a stream, in ms.',
  }),
  sandboxClient: setting(() => z.string().min(1), 'docker', {
    env: 'LYNKR_SANDBOX_CLIENT',
    meaning: 'Container engine client that runs commands: a name in PATH, or a path.',
  }),
  sandboxConcurrency: setting(integer(1, 1_000), 4, {
    env: 'LYNKR_SANDBOX_CONCURRENCY',
    meaning:
      'Commands that run at once. More wait, for 30 s at most; where several keys call, none of them has all places.',
  }),
  pingIntervalMs: setting(integer(100, 600_000), 15_000, {
    env: 'LYNKR_PING_INTERVAL',
    meaning: 'Silence towards the client after which a ping is sent, in ms. Load balancers close at 60 s.',
  }),
}

export type SettingKey = keyof typeof SETTINGS
export type SettingSchema<Key extends SettingKey> = ReturnType<(typeof SETTINGS)[Key]['schema']>
type OptionalKey = {
  [Key in SettingKey]: (typeof SETTINGS)[Key]['byDefault'] extends undefined ? Key : never
}[SettingKey]

/** The value of every setting; those without a default only where they are set. */
export type PlainSettings = { [Key in Exclude<SettingKey, OptionalKey>]: z.output<SettingSchema<Key>> } & {
  [Key in OptionalKey]?: z.output<SettingSchema<Key>> | undefined
}

// The table has no other keys.
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

/** Settings whose values must never be shown. */
export const SECRET_KEYS: readonly SettingKey[] = SETTING_KEYS.filter((key) => SETTINGS[key].isSecret === true)
