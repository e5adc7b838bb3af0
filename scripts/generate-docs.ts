import { alertRuleFile } from './docs/alert-rule-file.ts'
import { configurationPage } from './docs/configuration-page.ts'
import { grafanaDashboard } from './docs/grafana-dashboard.ts'
import { metricsPage } from './docs/metrics-page.ts'
import { providersPage } from './docs/providers-page.ts'

/** Pages made from the source: path and content. `test/docs.test.ts` refuses a stale one. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'compose/alerts.yml': alertRuleFile,
  'docs/configuration.md': configurationPage,
  'docs/metrics.md': metricsPage,
  'docs/providers.md': providersPage,
  'k8s/monitoring/dashboard.json': grafanaDashboard,
}

if (import.meta.main) {
  for (const [path, page] of Object.entries(GENERATED_PAGES)) await Bun.write(path, page())
}
