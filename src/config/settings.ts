import { z } from 'zod'
import { BODY_BYTES_MAX } from '../core/limits.ts'

/**
 * Every setting: its environment name, unit, default and reason. Values from the environment are text, values from
 * the file are typed; both pass here.
 */
export const settingsSchema = z.strictObject({
  host: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on. Loopback by default, so that nothing is exposed by accident.')
    .meta({ env: 'HOST' }),
  port: integer(0, 65_535).default(8080).describe('TCP port to listen on; 0 takes a free one.').meta({ env: 'PORT' }),
  workers: z
    .union([z.literal('auto'), integer(1, 256)], { error: 'must be a whole number from 1 to 256, or auto' })
    .default(1)
    .describe('Processes that serve the port together; `auto`: one per processor.')
    .meta({ env: 'LYNKR_WORKERS' }),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level of log lines written.')
    .meta({ env: 'LOG_LEVEL' }),
  logFloodLines: integer(0, 1_000_000)
    .default(1_000)
    .describe(
      'Access lines a second, of requests that ended alike, that are all written; beyond it every hundredth. 0: all, always.',
    )
    .meta({ env: 'LYNKR_LOG_FLOOD_LINES' }),
  otlpEndpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional()
    .describe('OpenTelemetry collector that gets the traces, as OTLP over HTTP. Unset: no traces.')
    .meta({ env: 'OTEL_EXPORTER_OTLP_ENDPOINT' }),
  otlpHeaders: z
    .string()
    .default('')
    .describe('Headers for the collector, `name=value` with commas between; values percent-encoded.')
    .meta({ env: 'OTEL_EXPORTER_OTLP_HEADERS', secret: true }),
  otlpProtocol: z
    .enum(['http/protobuf'], {
      error: 'must be http/protobuf, the one protocol lynkr speaks; collectors take it on port 4318',
    })
    .default('http/protobuf')
    .describe('Protocol of the collector.')
    .meta({ env: 'OTEL_EXPORTER_OTLP_PROTOCOL' }),
  serviceName: z
    .string()
    .default('lynkr')
    .describe('Name of this service in traces.')
    .meta({ env: 'OTEL_SERVICE_NAME' }),
  modelProvider: z
    .string()
    .optional()
    .describe('Provider of the default lane: a row id. Default: the first enabled row.')
    .meta({ env: 'MODEL_PROVIDER' }),
  apiKeys: list()
    .default([])
    .describe(
      'Keys that clients must present, comma-separated, each at least 22 characters (128 bits). Empty: loopback is open to local programs.',
    )
    .meta({ env: 'LYNKR_API_KEYS', secret: true }),
  adminKey: z
    .string()
    .optional()
    .describe(
      'Key of the dashboard and of /admin, at least 22 characters, as where pods come and go and nobody reaches their data folder. Unset: one is made there, in `admin.key`.',
    )
    .meta({ env: 'LYNKR_ADMIN_KEY', secret: true }),
  allowUnauthenticated: flag()
    .default(false)
    .describe('Serve a non-loopback address without keys. Anybody who reaches it can spend your money.')
    .meta({ env: 'LYNKR_ALLOW_UNAUTHENTICATED' }),
  requireKeys: flag()
    .default(false)
    .describe('Ask every client for a key even if none is listed: for keys made with `lynkr keys create`.')
    .meta({ env: 'LYNKR_REQUIRE_KEYS' }),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional()
    .describe(
      'PostgreSQL that instances share for keys, budgets, ledger and usage. Unset: a SQLite file in the data folder.',
    )
    .meta({ env: 'DATABASE_URL', secret: true }),
  redisUrl: z
    .string()
    .regex(/^(redis|rediss|valkey|valkeys|redis\+tls|redis\+unix):\/\//, 'must begin with redis:// or rediss://')
    .optional()
    .describe('Redis that instances share for rate limits and cached answers. Unset: each process limits by itself.')
    .meta({ env: 'REDIS_URL', secret: true }),
  budgetFailOpen: flag()
    .default(false)
    .describe('Let requests pass unbudgeted while the store cannot vouch for them; the default refuses them.')
    .meta({ env: 'LYNKR_BUDGET_FAIL_OPEN' }),
  responseCacheEnabled: flag()
    .default(false)
    .describe('Keep answers for clients that ask with `x-lynkr-cache: on`, and give them again to the same request.')
    .meta({ env: 'RESPONSE_CACHE_ENABLED' }),
  responseCacheModels: list()
    .default([])
    .describe('Models whose requests use the response cache without asking, comma-separated; a name may end in `*`.')
    .meta({ env: 'LYNKR_RESPONSE_CACHE_MODELS' }),
  responseCacheShared: flag()
    .default(false)
    .describe("Let all lynkr keys see each other's cached answers; else each key sees its own only.")
    .meta({ env: 'LYNKR_RESPONSE_CACHE_SHARED' }),
  responseCacheBytesMax: integer(1_048_576, 1_099_511_627_776)
    .default(268_435_456)
    .describe('Size of the response cache, in bytes; with REDIS_URL, Redis has its own limit.')
    .meta({ env: 'LYNKR_RESPONSE_CACHE_BYTES_MAX' }),
  responseCacheAgeMaxMs: integer(1_000, 31_536_000_000)
    .default(86_400_000)
    .describe('Age at which a cached answer is forgotten, in ms.')
    .meta({ env: 'LYNKR_RESPONSE_CACHE_AGE_MAX' }),
  budgetWebhook: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional()
    .describe('Address that gets a JSON body by POST when a budget reaches its soft limit. Unset: the log says it.')
    .meta({ env: 'LYNKR_BUDGET_WEBHOOK', secret: true }),
  usageRetentionDays: integer(1, 36_500)
    .default(400)
    .describe('Days for which usage rows and closed budgets are kept: a year to compare with, and a month.')
    .meta({ env: 'LYNKR_USAGE_RETENTION_DAYS' }),
  bodyBytesMax: integer(1_024, 1_073_741_824)
    .default(BODY_BYTES_MAX)
    .describe("Largest request body, in bytes. The default is Anthropic's own limit.")
    .meta({ env: 'LYNKR_BODY_BYTES_MAX' }),
  metricsEnabled: flag()
    .default(true)
    .describe('Serve /metrics and what lies below it. The dashboard has its figures in any case.')
    .meta({ env: 'METRICS_ENABLED' }),
  dashboardEnabled: flag()
    .default(true)
    .describe('Serve /dashboard, which the admin key opens.')
    .meta({ env: 'LYNKR_DASHBOARD_ENABLED' }),
  healthCheckEnabled: flag()
    .default(true)
    .describe('Serve /health/ready and /health; /health/live is always there.')
    .meta({ env: 'HEALTH_CHECK_ENABLED' }),
  modelRefreshMs: integer(0, 86_400_000)
    .default(600_000)
    .describe('How often providers are asked which models they have, in ms, beside the requests. 0: never.')
    .meta({ env: 'LYNKR_MODEL_REFRESH_INTERVAL' }),
  promptCacheEnabled: flag()
    .default(true)
    .describe(
      "Originate the provider's prompt caching for clients that cannot ask for it; what clients ask for is always carried.",
    )
    .meta({ env: 'PROMPT_CACHE_ENABLED' }),
  strict: flag()
    .default(false)
    .describe('Refuse requests that would lose a feature at the provider, instead of naming it in x-lynkr-dropped.')
    .meta({ env: 'LYNKR_STRICT' }),
  loadSheddingHeapThreshold: ratio()
    .default(0.9)
    .describe(
      'Heap in use that sheds load, as a part (0 to 1) of the memory limit; not of the heap, which is always full.',
    )
    .meta({ env: 'LOAD_SHEDDING_HEAP_THRESHOLD' }),
  loadSheddingMemoryThreshold: ratio()
    .default(0.85)
    .describe('Resident memory that sheds load and makes the instance unready, as a part (0 to 1) of the memory limit.')
    .meta({ env: 'LOAD_SHEDDING_MEMORY_THRESHOLD' }),
  loadSheddingActiveRequestsThreshold: integer(1, 1_000_000)
    .default(1_000)
    .describe(
      'Requests under way, streams included, above which new ones are refused. Less urgent ones are refused earlier.',
    )
    .meta({ env: 'LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD' }),
  loadSheddingQueueWaitMs: integer(1, 60_000)
    .default(8)
    .describe(
      'Mean wait of ready work for the processor, in ms, above which fewer requests are admitted. Health answers wait as long.',
    )
    .meta({ env: 'LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD' }),
  loadSheddingLoopLagMs: integer(1, 3_600_000)
    .default(500)
    .describe(
      'Stall of the process, in ms, above which new requests are refused: the event loop stands still or a neighbour has the processor.',
    )
    .meta({ env: 'LOAD_SHEDDING_LOOP_LAG_THRESHOLD' }),
  circuitBreakerFailureThreshold: integer(1, 10_000)
    .default(5)
    .describe('Failures in a row that open the circuit breaker of a model at a provider.')
    .meta({ env: 'CIRCUIT_BREAKER_FAILURE_THRESHOLD' }),
  circuitBreakerTimeoutMs: integer(1, 3_600_000)
    .default(60_000)
    .describe('How long an open circuit breaker waits before it probes, in ms. Doubles with each failed probe.')
    .meta({ env: 'CIRCUIT_BREAKER_TIMEOUT' }),
  circuitBreakerSuccessThreshold: integer(1, 1_000)
    .default(2)
    .describe('Probes that must succeed before a circuit breaker closes; as many are let through at once.')
    .meta({ env: 'CIRCUIT_BREAKER_SUCCESS_THRESHOLD' }),
  gracefulShutdownTimeoutMs: integer(0, 3_600_000)
    .default(30_000)
    .describe('From SIGTERM to exit, in ms.')
    .meta({ env: 'GRACEFUL_SHUTDOWN_TIMEOUT' }),
  connectTimeoutMs: integer(100, 600_000)
    .default(10_000)
    .describe(
      'Longest wait for an upstream to accept a connection, in ms; behind a proxy of the environment it is not watched.',
    )
    .meta({ env: 'LYNKR_CONNECT_TIMEOUT' }),
  firstEventTimeoutMs: integer(100, 3_600_000)
    .default(600_000)
    .describe('From sending a request upstream to the first event of its answer, in ms. Clients give up at 600 s.')
    .meta({ env: 'LYNKR_FIRST_EVENT_TIMEOUT' }),
  idleTimeoutMs: integer(100, 3_600_000)
    .default(300_000)
    .describe('Longest silence of an upstream inside a stream, in ms.')
    .meta({ env: 'LYNKR_IDLE_TIMEOUT' }),
  sandboxClient: z
    .string()
    .min(1)
    .default('docker')
    .describe('Container engine client that runs commands: a name in PATH, or a path.')
    .meta({ env: 'LYNKR_SANDBOX_CLIENT' }),
  sandboxConcurrency: integer(1, 1_000)
    .default(4)
    .describe('Commands that run at once. More wait, for 30 s at most.')
    .meta({ env: 'LYNKR_SANDBOX_CONCURRENCY' }),
  pingIntervalMs: integer(100, 600_000)
    .default(15_000)
    .describe('Silence towards the client after which a ping is sent, in ms. Load balancers close at 60 s.')
    .meta({ env: 'LYNKR_PING_INTERVAL' }),
})

export type SettingsInput = z.input<typeof settingsSchema>
export type PlainSettings = z.output<typeof settingsSchema>

/** A whole number, as a number or as its decimal text. */
function integer(min: number, max: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value),
    // In one `check`, as each further method would build the schema once more.
    z.number({ error: `must be a whole number from ${min} to ${max}` }).check(z.int(), z.gte(min), z.lte(max)),
  )
}

/** A part of a whole, over 0 and at most 1, as a number or as its decimal text. */
function ratio() {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d*\.?\d+$/.test(value.trim()) ? Number(value) : value),
    z.number({ error: 'must be a number between 0 and 1' }).gt(0).max(1),
  )
}

/** `true` or `false`, as a boolean or as text; `1`, `yes`, `on` and their opposites too. */
function flag() {
  return z.preprocess(
    (value) => {
      if (typeof value !== 'string') return value
      const word = value.trim().toLowerCase()
      if (['true', '1', 'yes', 'on'].includes(word)) return true
      return ['false', '0', 'no', 'off'].includes(word) ? false : value
    },
    z.boolean({ error: 'must be true or false' }),
  )
}

/** Several texts: an array, or one text with commas between. */
function list() {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean)
        : value,
    z.array(z.string()),
  )
}

/** Environment name of a setting. */
export function environmentName(key: keyof PlainSettings): string {
  const meta: unknown = settingsSchema.shape[key].meta()
  return typeof meta === 'object' && meta !== null && 'env' in meta ? String(meta.env) : key
}

/** True if a setting's value must never be shown. */
export function isSecret(key: keyof PlainSettings): boolean {
  const meta: unknown = settingsSchema.shape[key].meta()
  return typeof meta === 'object' && meta !== null && 'secret' in meta && meta.secret === true
}
