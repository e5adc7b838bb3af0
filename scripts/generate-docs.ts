import { configurationPage } from '../src/cli/configuration-page.ts'
import { alertRuleFile } from './docs/alert-rule-file.ts'
import { apiPage, openApiFile } from './docs/api-page.ts'
import { grafanaDashboard } from './docs/grafana-dashboard.ts'
import { metricsPage } from './docs/metrics-page.ts'
import { outlineModule } from './docs/outline-module.ts'
import { providersPage } from './docs/providers-page.ts'

/** Pages and files made from the source: path and content. `test/docs.test.ts` refuses a stale one. */
export const GENERATED_PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'compose/alerts.yml': alertRuleFile,
  'docs/api.md': apiPage,
  'docs/configuration.md': configurationPage,
  'docs/metrics.md': metricsPage,
  'docs/providers.md': providersPage,
  'k8s/monitoring/dashboard.json': grafanaDashboard,
  'src/core/json-outline-module.ts': outlineModule,
  'src/http/openapi.json': openApiFile,
}

if (import.meta.main) {
  for (const [path, page] of Object.entries(GENERATED_PAGES)) await Bun.write(path, await page())
}
