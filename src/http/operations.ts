import type { Context, Hono } from 'hono'
import { ProxyError } from '../core/errors.ts'
import { textAnswer } from './gzip.ts'
import { type HealthReport, summaryOf } from './health.ts'

/** What operators and their machines ask for. `null` where the endpoint is switched off. */
export interface OperationsDeps {
  /** The process to send signals to: of several workers, their supervisor. */
  readonly pid: number
  /** Waits until what other workers know is known here; bounded, and nothing where there are none. */
  refresh(): Promise<void> | void
  health(): HealthReport | null
  exposition(accept: string | null): { readonly contentType: string; readonly text: string } | null
  observability(): object | null
  circuitBreakers(): object | null
  loadShedding(): object | null
  /** Closes the breakers of `provider` or `provider/model`; returns how many there were. */
  resetBreakers(name: string): number
  /** Throws `unauthenticated` unless the request carries the admin key. */
  requireAdmin(request: Request): void
}

/**
 * Health, metrics, the breakers' reset, and the description of the HTTP interface. None of them goes through the pipeline:
 * none is shed or counted, or waits for anything but the process itself.
 */
export function mountOperations(app: Hono, deps: OperationsDeps): void {
  /** As `app.get`, but answered only once this process has heard what the other workers know. */
  const getFresh = (path: string, answer: (c: Context) => Answer) =>
    app.get(path, (c): Answer => {
      const refreshed = deps.refresh()
      return refreshed === undefined ? answer(c) : refreshed.then(() => answer(c))
    })
  app.get('/openapi.json', (c) => c.json(loadOpenApi()))
  app.get('/health/live', (c) => c.json({ status: 'ok', pid: deps.pid }))
  getFresh('/health/ready', (c) => healthAnswer(c, deps.health(), (report) => report))
  getFresh('/health', (c) => healthAnswer(c, deps.health(), summaryOf))
  for (const path of ['/metrics', '/metrics/prometheus']) getFresh(path, (c) => metricsAnswer(c, deps))
  getFresh('/metrics/observability', (c) => jsonAnswer(c, deps.observability()))
  getFresh('/metrics/circuit-breakers', (c) => jsonAnswer(c, deps.circuitBreakers()))
  getFresh('/metrics/load-shedding', (c) => jsonAnswer(c, deps.loadShedding()))
  app.post('/admin/circuit-breakers/:name{.+}/reset', (c) => {
    deps.requireAdmin(c.req.raw)
    const name = c.req.param('name')
    const reset = deps.resetBreakers(name)
    if (reset === 0)
      throw new ProxyError('not_found', 'no circuit breaker has that name; /metrics/circuit-breakers lists them')
    return c.json({ name, reset })
  })
}

type Answer = Response | Promise<Response>

function healthAnswer(c: Context, report: HealthReport | null, view: (report: HealthReport) => object): Answer {
  if (report === null) throw switchedOff(c, 'HEALTH_CHECK_ENABLED')
  return c.json(view(report), report.status === 'unready' ? 503 : 200)
}

function metricsAnswer(c: Context, deps: OperationsDeps): Answer {
  const exposition = deps.exposition(c.req.header('accept') ?? null)
  if (exposition === null) throw switchedOff(c, 'METRICS_ENABLED')
  return textAnswer(exposition.text, exposition.contentType, c.req.raw)
}

function jsonAnswer(c: Context, body: object | null): Answer {
  if (body === null) throw switchedOff(c, 'METRICS_ENABLED')
  return c.json(body)
}

function switchedOff(c: Context, setting: string): ProxyError {
  return new ProxyError('not_found', `${c.req.path} is switched off: ${setting} is false`)
}

/** Loaded by whoever asks: most processes are never asked. */
function loadOpenApi(): object {
  return require('./openapi.json')
}
