import { readFileSync } from 'node:fs'

const SOURCE = 'k8s/monitoring/alerts.yaml'

/** `compose/alerts.yml`: the groups of the PrometheusRule as the file that Prometheus itself reads. */
export function alertRuleFile(): string {
  const [, groups = ''] = readFileSync(SOURCE, 'utf8').split(/^spec:\n/m)
  return `# Made by \`bun scripts/generate-docs.ts\` from ${SOURCE}; edit that file.\n${groups.replaceAll(/^ {2}/gm, '')}`
}
