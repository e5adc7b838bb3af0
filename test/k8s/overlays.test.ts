import { describe, expect, test } from 'bun:test'
import { findKubectl, kustomize, untyped } from '../support/kustomize.ts'
import { requireService } from '../support/services.ts'

const kubectl = await requireService('kubectl', findKubectl)

interface Expected {
  readonly requests: { readonly cpu: string; readonly memory: string }
  readonly limits: { readonly cpu: string; readonly memory: string }
  readonly connections: string
}

/** The sizing table. */
const SIZES: readonly (readonly [string, Expected])[] = [
  ['dev', { requests: both('500m', '512Mi'), limits: both('500m', '512Mi'), connections: '100' }],
  ['medium', { requests: both('1', '1Gi'), limits: both('2', '1Gi'), connections: '500' }],
  ['large', { requests: both('2', '2Gi'), limits: both('4', '2Gi'), connections: '1000' }],
  ['x-large', { requests: both('4', '4Gi'), limits: both('8', '4Gi'), connections: '2000' }],
]

describe.if(kubectl !== null)('overlays', () => {
  test.each(SIZES)('%s is as large as the sizing table says', async (name, { requests, limits, connections }) => {
    const { container } = await render(name)

    expect(container.resources).toEqual({ requests, limits })
    expect(variable(container, 'LOAD_SHEDDING_ACTIVE_REQUESTS_THRESHOLD')?.value).toBe(connections)
  })

  test.each(['production', 'medium', 'large', 'x-large'])('%s does not start without DATABASE_URL', async (name) => {
    const { container } = await render(name)

    expect(variable(container, 'DATABASE_URL')?.valueFrom).toEqual({
      secretKeyRef: { name: 'lynkr-secrets', key: 'DATABASE_URL', optional: false },
    })
  })

  test('production leaves the number of replicas to the autoscaler', async () => {
    const { deployment, kinds } = await render('production')

    expect(deployment.spec.replicas).toBeUndefined()
    expect(kinds).toContain('HorizontalPodAutoscaler')
  })

  test('where there is a ServiceMonitor, annotations do not ask for a second scrape', async () => {
    const { deployment, kinds } = await render('production')

    expect(kinds).toContain('ServiceMonitor')
    expect(deployment.spec.template.metadata.annotations['prometheus.io/scrape']).toBe('false')
  })

  test('dev is one pod that needs no operator and no metrics server', async () => {
    const { deployment, kinds } = await render('dev')

    expect(deployment.spec.replicas).toBe(1)
    expect(deployment.spec.template.metadata.annotations['prometheus.io/scrape']).toBe('true')
    expect(kinds.toSorted()).toEqual([
      'ConfigMap',
      'Deployment',
      'Namespace',
      'NetworkPolicy',
      'Service',
      'Service',
      'ServiceAccount',
    ])
  })
})

function both(cpu: string, memory: string) {
  return { cpu, memory }
}

async function render(overlay: string) {
  const objects = (await kustomize(kubectl ?? '', `k8s/overlays/${overlay}`)).map(untyped)
  const deployment = objects.find(({ kind }) => kind === 'Deployment')
  return {
    deployment,
    container: deployment.spec.template.spec.containers[0],
    kinds: objects.map(({ kind }): string => kind),
  }
}

function variable({ env }: { env: { name: string; value?: string; valueFrom?: unknown }[] }, name: string) {
  return env.find((entry) => entry.name === name)
}
