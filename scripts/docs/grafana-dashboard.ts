/** A panel: what it asks Prometheus, and how the answer is drawn. Two panels stand side by side. */
interface Panel {
  readonly title: string
  readonly type: 'timeseries' | 'state-timeline' | 'gauge' | 'stat'
  readonly unit: string
  /** Legend and query. */
  readonly queries: Readonly<Record<string, string>>
  /** Where the colour turns to red. */
  readonly threshold?: number
  readonly isStacked?: boolean
  readonly max?: number
}

const ours = 'job=~"$job",instance=~"$instance"'
const rate = (metric: string, by = '') => `sum${by} (rate(${metric}{${ours}}[$__rate_interval]))`
const quantile = (q: number, metric: string, by = 'le') =>
  `histogram_quantile(${q}, sum by (${by}) (rate(${metric}_bucket{${ours}}[$__rate_interval])))`

/** The report's seven panels first, then ours. */
export const PANELS: readonly Panel[] = [
  {
    title: 'Request rate',
    type: 'timeseries',
    unit: 'reqps',
    queries: { '{{surface}}': rate('http_requests_total', ' by (surface)') },
  },
  {
    title: 'Error rate',
    type: 'timeseries',
    unit: 'percentunit',
    queries: { errors: `${rate('http_request_errors_total')} / ${rate('http_requests_total')}` },
    threshold: 0.05,
  },
  {
    title: 'Latency to the first byte',
    type: 'timeseries',
    unit: 's',
    queries: {
      p50: quantile(0.5, 'http_request_duration_seconds'),
      p95: quantile(0.95, 'http_request_duration_seconds'),
      p99: quantile(0.99, 'http_request_duration_seconds'),
    },
    threshold: 2,
  },
  {
    title: 'Circuit breakers',
    type: 'state-timeline',
    unit: 'none',
    queries: {
      '{{provider}}':
        `max by (provider) (circuit_breaker_state{state="OPEN",${ours}}) * 2` +
        ` + max by (provider) (circuit_breaker_state{state="HALF_OPEN",${ours}})`,
    },
  },
  {
    title: 'Memory of the limit',
    type: 'gauge',
    unit: 'percentunit',
    queries: { '{{instance}}': `process_resident_memory_bytes{${ours}} / lynkr_memory_limit_bytes{${ours}}` },
    threshold: 0.85,
    max: 1,
  },
  {
    title: 'Tokens',
    type: 'timeseries',
    unit: 'short',
    queries: { input: rate('tokens_input_total'), output: rate('tokens_output_total') },
    isStacked: true,
  },
  {
    title: 'Cost over 1 h',
    type: 'stat',
    unit: 'currencyUSD',
    queries: { cost: `sum(increase(cost_total{${ours}}[1h]))` },
  },
  {
    title: 'Requests in flight',
    type: 'timeseries',
    unit: 'short',
    queries: { '{{instance}}': `lynkr_requests_inflight{${ours}}` },
  },
  {
    title: 'Upstream attempts',
    type: 'timeseries',
    unit: 'reqps',
    queries: { '{{provider}} {{result}}': rate('lynkr_upstream_attempts_total', ' by (provider, result)') },
  },
  {
    title: 'Errors by kind',
    type: 'timeseries',
    unit: 'reqps',
    queries: { '{{kind}}': `${rate('lynkr_errors_total', ' by (kind)')} > 0` },
  },
  {
    title: 'Time to first chunk by provider, p95',
    type: 'timeseries',
    unit: 's',
    queries: {
      '{{gen_ai_provider_name}}': quantile(
        0.95,
        'gen_ai_client_inference_time_to_first_chunk_seconds',
        'le, gen_ai_provider_name',
      ),
    },
  },
  {
    title: 'Prompt tokens read from the provider’s cache',
    type: 'timeseries',
    unit: 'percentunit',
    queries: {
      '{{gen_ai_provider_name}}':
        `${rate('gen_ai_client_inference_usage_cache_read_input_tokens_total', ' by (gen_ai_provider_name)')}` +
        ` / ${rate('gen_ai_client_inference_usage_input_tokens_total', ' by (gen_ai_provider_name)')}`,
    },
    max: 1,
  },
  {
    title: 'Cost by model',
    type: 'timeseries',
    unit: 'currencyUSD',
    queries: { '{{model}}': `sum by (model) (increase(lynkr_model_cost_usd_total{${ours}}[1h])) > 0` },
    isStacked: true,
  },
  {
    title: 'Shed, retried, repaired',
    type: 'timeseries',
    unit: 'reqps',
    queries: {
      'shed {{class}}': rate('lynkr_shed_total', ' by (class)'),
      retried: rate('lynkr_upstream_retries_total'),
      repaired: rate('lynkr_stream_repairs_total'),
    },
  },
  {
    title: 'Event-loop lag, p99',
    type: 'timeseries',
    unit: 's',
    queries: { '{{instance}}': `lynkr_event_loop_lag_seconds{${ours}}` },
    threshold: 0.05,
  },
]

/** `k8s/monitoring/dashboard.json`: imported into Grafana as it is, it asks for its Prometheus. */
export function grafanaDashboard(): string {
  const dashboard = {
    uid: 'lynkr',
    title: 'lynkr',
    tags: ['lynkr'],
    editable: true,
    schemaVersion: 39,
    refresh: '15s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [datasource(), variable('job', '*'), variable('instance', 'job=~"$job"')] },
    panels: PANELS.map(grafanaPanel),
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

function datasource() {
  return { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }
}

/** Values of a label as lynkr's own series carry it. */
function variable(label: string, matchers: string) {
  const selector = matchers === '*' ? 'lynkr_build_info' : `lynkr_build_info{${matchers}}`
  return {
    name: label,
    type: 'query',
    datasource: PROMETHEUS,
    query: { query: `label_values(${selector}, ${label})`, refId: label },
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: 'All', value: '$__all' },
  }
}

const PROMETHEUS = { type: 'prometheus', uid: '$datasource' }
const WIDTH = 12
const HEIGHT = 8

function grafanaPanel(panel: Panel, index: number) {
  return {
    id: index + 1,
    title: panel.title,
    type: panel.type,
    datasource: PROMETHEUS,
    gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    targets: Object.entries(panel.queries).map(([legendFormat, expr], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: PROMETHEUS,
      expr,
      legendFormat,
    })),
  }
}

function fieldDefaults({ type, unit, threshold, isStacked = false, max }: Panel) {
  const steps = [{ color: 'green', value: null }]
  return {
    unit,
    min: 0,
    ...(max === undefined ? {} : { max }),
    thresholds: {
      mode: 'absolute',
      steps: threshold === undefined ? steps : [...steps, { color: 'red', value: threshold }],
    },
    ...(type === 'timeseries'
      ? {
          custom: {
            fillOpacity: isStacked ? 30 : 10,
            stacking: { mode: isStacked ? 'normal' : 'none' },
            thresholdsStyle: { mode: threshold === undefined ? 'off' : 'line' },
          },
        }
      : {}),
    ...(type === 'state-timeline' ? { mappings: [BREAKER_STATES] } : {}),
  }
}

const BREAKER_STATES = {
  type: 'value',
  options: {
    0: { text: 'CLOSED', color: 'green', index: 0 },
    1: { text: 'HALF_OPEN', color: 'yellow', index: 1 },
    2: { text: 'OPEN', color: 'red', index: 2 },
  },
}
