import { z } from 'zod'
import { type Endpoint, json } from './endpoint.ts'

const part = z.object({ healthy: z.boolean(), detail: z.string() })
const report = z.object({
  status: z.enum(['ready', 'degraded', 'unready']).describe('unready takes this instance out of rotation.'),
  database: part,
  memory: part,
  shutdown: part,
  providers: z.record(z.string(), part),
  workers: part.optional().describe('Only where several serve.'),
  degraded: z.array(z.string()).describe('Parts that fail while requests still flow.'),
})

const TAG = 'Operations'
const ANY = z.looseObject({})
const OFF = { 404: 'Switched off: HEALTH_CHECK_ENABLED or METRICS_ENABLED is false.' }
const text = (type: string): Endpoint['answer'] => ({ status: 200, type })
const EXPOSITION = 'text/plain; version=0.0.4'

/** What probes, scrapers and people at a dashboard ask. */
export const OPERATIONS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/',
    tag: TAG,
    summary: 'A line that says what this is',
    door: 'open',
    answer: text('text/plain'),
  },
  { method: 'get', path: '/api/hello', tag: TAG, summary: 'ok', door: 'open', answer: text('text/plain') },
  {
    method: 'get',
    path: '/openapi.json',
    tag: TAG,
    summary: 'This description',
    door: 'open',
    answer: json(ANY),
  },
  {
    method: 'get',
    path: '/health/live',
    tag: TAG,
    summary: 'Liveness',
    description: 'Waits for nothing but the process itself.',
    door: 'open',
    answer: json(z.object({ status: z.literal('ok'), pid: z.int() })),
  },
  {
    method: 'get',
    path: '/health/ready',
    tag: TAG,
    summary: 'Readiness, with every part',
    door: 'open',
    answer: json(report),
    others: { ...OFF, 503: 'Draining, short of memory, or without any provider.' },
  },
  {
    method: 'get',
    path: '/health',
    tag: TAG,
    summary: 'Readiness, without the parts',
    door: 'open',
    answer: json(report.pick({ status: true, degraded: true })),
    others: { ...OFF, 503: 'As /health/ready.' },
  },
  ...(['/metrics/prometheus', '/metrics'] as const).map(
    (path): Endpoint => ({
      method: 'get',
      path,
      tag: TAG,
      summary: 'Metrics for Prometheus',
      description: 'OpenMetrics where the scraper asks for it; docs/metrics.md names every family.',
      door: 'open',
      answer: text(EXPOSITION),
      others: OFF,
    }),
  ),
  ...(
    [
      ['/metrics/observability', 'Latency, tokens, cost, system: a snapshot for people'],
      ['/metrics/circuit-breakers', 'Every circuit breaker and its state'],
      ['/metrics/load-shedding', 'What is under way, and what would be refused'],
    ] as const
  ).map(
    ([path, summary]): Endpoint => ({
      method: 'get',
      path,
      tag: TAG,
      summary,
      door: 'open',
      answer: json(ANY),
      others: OFF,
    }),
  ),
]
