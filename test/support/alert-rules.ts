import { z } from 'zod'

const ALERT = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
})

const PROMETHEUS_RULE = z.strictObject({
  apiVersion: z.literal('monitoring.coreos.com/v1'),
  kind: z.literal('PrometheusRule'),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.literal('lynkr'),
    labels: z.record(z.string(), z.string()),
  }),
  spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ALERT) })) }),
})

export type Alert = z.infer<typeof ALERT>

/** The rules of `k8s/monitoring/alerts.yaml`, and the same as the rule file that Prometheus itself reads. */
export async function readAlertRules(): Promise<{ alerts: readonly Alert[]; ruleFile: string }> {
  const { spec } = PROMETHEUS_RULE.parse(Bun.YAML.parse(await Bun.file('k8s/monitoring/alerts.yaml').text()))
  return { alerts: spec.groups.flatMap((group) => group.rules), ruleFile: JSON.stringify(spec) }
}
