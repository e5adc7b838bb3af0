import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { loadSettings } from '../../src/config/load.ts'
import { parseManifests, untyped } from '../support/kustomize.ts'

/** Files as they are applied one by one, without kustomize. */
const deployment = await only('deployment')
const hpa = await only('hpa')
const monitor = await only('servicemonitor')
const [web, metrics] = await all('service')
const pod = deployment.spec.template.spec
const [container] = pod.containers

describe('the deployment', () => {
  test('rolls three replicas without ever missing one', () => {
    expect(deployment.metadata).toMatchObject({ name: 'lynkr', namespace: 'lynkr', labels: { app: 'lynkr' } })
    expect(deployment.spec.replicas).toBe(3)
    expect(deployment.spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    })
    expect(deployment.spec.selector.matchLabels).toEqual(deployment.spec.template.metadata.labels)
  })

  test('tells a Prometheus that goes by annotations where to scrape', () => {
    expect(deployment.spec.template.metadata.annotations).toEqual({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '8080',
      'prometheus.io/path': '/metrics/prometheus',
    })
  })

  test('asks for 500m and 512Mi and gets at most 2000m and 2Gi', () => {
    expect(container.resources).toEqual({
      requests: { cpu: '500m', memory: '512Mi' },
      limits: { cpu: '2000m', memory: '2Gi' },
    })
  })

  test('is probed for life and readiness', () => {
    const timing = ({ httpGet, ...rest }: Record<string, unknown>) => rest

    expect(container.livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'http' })
    expect(timing(container.livenessProbe)).toEqual({
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    })
    expect(container.readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'http' })
    expect(timing(container.readinessProbe)).toEqual({
      initialDelaySeconds: 5,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 2,
    })
  })

  test('leaves in 45 seconds: 15 for the balancers, by lynkr itself, the rest for the requests', () => {
    const environment = environmentOf(container)

    expect(pod.terminationGracePeriodSeconds).toBe(45)
    expect(container.lifecycle.preStop).toEqual({ exec: { command: ['/usr/bin/lynkr', 'drain', '--wait', '15'] } })
    expect(15_000 + Number(environment.GRACEFUL_SHUTDOWN_TIMEOUT)).toBeLessThan(45_000)
  })

  test('takes its credentials from lynkr-secrets and its file from lynkr-config', () => {
    expect(container.envFrom).toEqual([{ secretRef: { name: 'lynkr-secrets' } }])
    expect(pod.volumes[0]).toEqual({ name: 'config', configMap: { name: 'lynkr-config' } })
  })

  test('satisfies the restricted Pod Security standard', async () => {
    const namespace = await only('namespace')

    expect(namespace.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted')
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(pod.automountServiceAccountToken).toBe(false)
    expect((await only('serviceaccount')).automountServiceAccountToken).toBe(false)
  })

  test('names the version of this checkout', () => {
    expect(container.image).toBe(`lynkr:${manifest.version}`)
  })

  test('starts with its environment, the file, and the template of the secret once its keys are filled in', async () => {
    const { stringData } = await only('secret.example')
    const filledIn = { LYNKR_API_KEYS: 'c'.repeat(48), LYNKR_ADMIN_KEY: 'a'.repeat(48) }

    const loaded = loadSettings({ ...stringData, ...filledIn, ...environmentOf(container) }, 'k8s/config.yaml')

    expect(loaded).not.toHaveProperty('issues')
  })

  test('does not start with keys that everybody can read in the template', async () => {
    const { stringData } = await only('secret.example')

    const loaded = loadSettings({ ...stringData, ...environmentOf(container) }, 'k8s/config.yaml')

    expect('issues' in loaded ? loaded.issues.map(({ place }) => place) : []).toEqual([
      'LYNKR_ADMIN_KEY',
      'LYNKR_API_KEYS',
    ])
  })
})

describe('the autoscaler', () => {
  test('keeps 3 to 20 replicas by CPU, memory and requests per second', () => {
    expect(hpa.apiVersion).toBe('autoscaling/v2')
    expect(hpa.metadata.name).toBe('lynkr-hpa')
    expect([hpa.spec.minReplicas, hpa.spec.maxReplicas]).toEqual([3, 20])
    expect(hpa.spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
      {
        type: 'Pods',
        pods: {
          metric: { name: 'http_requests_per_second' },
          target: { type: 'AverageValue', averageValue: '100' },
        },
      },
    ])
  })

  test('grows at once, by the most of 100 % and 4 pods, and shrinks slowly', () => {
    expect(hpa.spec.behavior).toEqual({
      scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Percent', value: 100, periodSeconds: 30 },
          { type: 'Pods', value: 4, periodSeconds: 30 },
        ],
      },
    })
  })

  test('gets its pods metric from a rule of the adapter', async () => {
    const [rule] = (await only('monitoring/prometheus-adapter')).rules.custom

    expect(rule.name.as).toBe('http_requests_per_second')
    expect(rule.seriesQuery).toContain('job="lynkr"')
  })
})

describe('monitoring', () => {
  test('scrapes every 15 s, within 10 s, as job lynkr', () => {
    expect(monitor.spec.endpoints).toEqual([
      { port: 'metrics', path: '/metrics/prometheus', interval: '15s', scrapeTimeout: '10s' },
    ])
    expect(metrics.metadata.labels[monitor.spec.jobLabel]).toBe('lynkr')
  })

  test('selects lynkr-metrics and not lynkr, so that a pod is scraped once', () => {
    const chosen = [web, metrics].filter(({ metadata }) =>
      Object.entries(monitor.spec.selector.matchLabels).every(([name, value]) => metadata.labels[name] === value),
    )

    expect([web.metadata.name, metrics.metadata.name]).toEqual(['lynkr', 'lynkr-metrics'])
    expect(chosen.map(({ metadata }) => metadata.name)).toEqual(['lynkr-metrics'])
  })
})

test('each file of base and monitoring that is applied by itself has a link directly under k8s', () => {
  const linked = readdirSync('k8s')

  for (const file of readdirSync('k8s/base')) expect(linked).toContain(file)
  expect(linked).toContain('servicemonitor.yaml')
})

async function all(name: string) {
  return parseManifests(await Bun.file(`k8s/${name}.yaml`).text()).map(untyped)
}

async function only(name: string) {
  const [first] = await all(name)
  return first
}

function environmentOf({ env }: { env: { name: string; value?: string }[] }): Record<string, string | undefined> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]))
}
