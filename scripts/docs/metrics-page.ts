import { METRIC_BREAKERS_MAX, METRIC_MODELS_MAX, METRIC_PROVIDERS_MAX } from '../../src/core/limits.ts'
import type { LabelSet } from '../../src/observability/label-set.ts'
import { declareMetrics } from '../../src/observability/metrics.ts'
import type { Family } from '../../src/observability/registry.ts'

/** `docs/metrics.md`: every metric as it is declared. */
export function metricsPage(): string {
  const { registry } = declareMetrics({ providers: [], models: [], version: '', commit: '' })
  return [
    '# Metrics',
    '',
    '<!-- Made by `bun scripts/generate-docs.ts` from src/observability/metrics.ts; edit that file. -->',
    '',
    'lynkr serves them at `/metrics/prometheus` (also `/metrics`), as Prometheus text 0.0.4 or OpenMetrics 1.0, whichever the',
    'scraper prefers. Every series exists, at zero, from the start. Durations are seconds, sizes bytes, money US dollars.',
    '',
    'Label values come from the configuration and from nothing a client sends: the first ' +
      `${METRIC_PROVIDERS_MAX} providers and ${METRIC_MODELS_MAX} models`,
    'have a name of their own, everything else is `other`; `circuit_breaker_state` names ' +
      `${METRIC_BREAKERS_MAX} providers. One process has at most 2,000 series.`,
    '',
    '| Metric | Type | Labels | Meaning |',
    '|---|---|---|---|',
    ...registry.exposed.map(row),
    '',
    '## Buckets',
    '',
    '| Histogram | Upper bounds, in seconds |',
    '|---|---|',
    ...registry.exposed.flatMap((family) =>
      family.kind === 'histogram' ? [`| \`${family.declaration.name}\` | ${family.bounds.join(', ')} |`] : [],
    ),
    '',
  ].join('\n')
}

function row({ kind, declaration: { name, help, labels = [], constant = {} } }: Family): string {
  const fixed = Object.entries(constant).map(([label, value]) => `\`${label}\`${value === '' ? '' : `: ${value}`}`)
  return `| \`${name}\` | ${kind} | ${[...labels.map(labelCell), ...fixed].join('; ')} | ${help} |`
}

/** A closed set lists its values; an open one takes them from the configuration. */
function labelCell({ name, values }: LabelSet): string {
  const isConfigured = values.every((value) => value === 'other')
  return isConfigured ? `\`${name}\`` : `\`${name}\`: ${values.join(', ')}`
}
