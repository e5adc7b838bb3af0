import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1'
import { findKubectl, kustomize, type Manifest, parseManifests } from '../support/kustomize.ts'
import { runTool } from '../support/prometheus.ts'
import { requireService } from '../support/services.ts'

const OPERATOR = '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'

/** Kind → what validates it, and the module of its type. */
const MODELS: Readonly<Record<string, readonly [new (data: never) => { validate(): void }, string]>> = {
  ConfigMap: [ConfigMap, 'kubernetes-models/v1'],
  Deployment: [Deployment, 'kubernetes-models/apps/v1'],
  HorizontalPodAutoscaler: [HorizontalPodAutoscaler, 'kubernetes-models/autoscaling/v2'],
  Namespace: [Namespace, 'kubernetes-models/v1'],
  NetworkPolicy: [NetworkPolicy, 'kubernetes-models/networking.k8s.io/v1'],
  PodDisruptionBudget: [PodDisruptionBudget, 'kubernetes-models/policy/v1'],
  PrometheusRule: [PrometheusRule, OPERATOR],
  Secret: [Secret, 'kubernetes-models/v1'],
  Service: [Service, 'kubernetes-models/v1'],
  ServiceAccount: [ServiceAccount, 'kubernetes-models/v1'],
  ServiceMonitor: [ServiceMonitor, OPERATOR],
}

const FOLDERS = ['k8s', ...readdirSync('k8s/overlays').map((name) => `k8s/overlays/${name}`)]
const SECRET = parseManifests(await Bun.file('k8s/secret.example.yaml').text())

mkdirSync('dist', { recursive: true })
const scratch = mkdtempSync('dist/test-k8s-')
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const kubectl = await requireService('kubectl', findKubectl)
const assembled = kubectl === null ? [] : await Promise.all(FOLDERS.map((folder) => kustomize(kubectl, folder)))

describe.if(kubectl !== null)('every kustomization', () => {
  test.each(FOLDERS.map((folder, i) => [folder, assembled[i] ?? []] as const))('%s has valid objects', (_, objects) => {
    for (const object of objects) expect(() => validate(object), `${object.kind} ${object.metadata.name}`).not.toThrow()

    expect(objects.length).toBeGreaterThanOrEqual(7)
  })

  test('has no field that Kubernetes does not know, nor has the template of the secret', async () => {
    const complaints = await unknownFields([...assembled.flat(), ...SECRET])

    expect(complaints).toBe('')
  }, 180_000)

  test('puts everything into the namespace lynkr', () => {
    const elsewhere = assembled
      .flat()
      .filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'lynkr')

    expect(elsewhere).toEqual([])
  })
})

test('a field that Kubernetes does not know is found wherever it is', async () => {
  const [secret] = SECRET

  const complaints = await unknownFields([{ ...secret, metadata: { ...secret?.metadata, nmespace: 'x' } } as Manifest])

  expect(complaints).toContain('nmespace')
}, 180_000)

test('the template of the secret is valid', () => {
  for (const object of SECRET) expect(() => validate(object)).not.toThrow()
})

function validate(object: Manifest): void {
  const model = MODELS[object.kind]
  if (model === undefined) throw new Error(`there is no model for ${object.kind}`)
  new model[0](object as never).validate()
}

/** Objects as literals of their types: the compiler refuses every property that a type does not have. */
async function unknownFields(objects: readonly Manifest[]): Promise<string> {
  const lines = objects.map((object, i) => {
    const module = MODELS[object.kind]?.[1]
    return `import type { I${object.kind} as T${i} } from '${module}'\nexport const o${i}: T${i} = ${JSON.stringify(object)}`
  })
  const folder = mkdtempSync(join(scratch, 'types-'))
  await Bun.write(join(folder, 'objects.ts'), lines.join('\n'))
  await Bun.write(
    join(folder, 'tsconfig.json'),
    '{"compilerOptions":{"strict":true,"noEmit":true,"skipLibCheck":true,"module":"esnext","moduleResolution":"bundler","target":"esnext","types":[]}}',
  )
  return (await runTool(['node_modules/.bin/tsc', '--project', folder])).output.trim()
}
