import { installPrograms } from './debian.ts'
import { runTool } from './prometheus.ts'

/** A Kubernetes object, as far as tests read it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

/** Kustomize components and `patches` with inline text came with this minor version of kubectl 1. */
const KUBECTL_MINOR_MIN = 21

/** @returns the path of a kubectl that is new enough. Throws where there is none; Debian 12's own is too old. */
export async function findKubectl(): Promise<string> {
  const [kubectl = ''] = await installPrograms(['kubectl'], [])
  const { output } = await runTool([kubectl, 'version', '--client'])
  const minor = Number(/v1\.(\d+)/.exec(output)?.[1])
  if (!(minor >= KUBECTL_MINOR_MIN)) throw new Error(`kubectl 1.${KUBECTL_MINOR_MIN} or later is needed: ${output}`)
  return kubectl
}

/** Assembles a folder's kustomization, offline. @returns its objects, in kubectl's order */
export async function kustomize(kubectl: string, folder: string): Promise<readonly Manifest[]> {
  const { code, output } = await runTool([kubectl, 'kustomize', folder])
  if (code !== 0) throw new Error(`kubectl kustomize ${folder}: ${output}`)
  return parseManifests(output)
}

/** The objects of one YAML file. */
export function parseManifests(text: string): readonly Manifest[] {
  const parsed: unknown = Bun.YAML.parse(text)
  // A test's own trust: what is not a manifest fails the schema check that every object passes.
  return (Array.isArray(parsed) ? parsed : [parsed]) as readonly Manifest[]
}

/** An object without a type, as `JSON.parse` gives it, for assertions about single fields. */
export function untyped(object: Manifest | undefined) {
  return JSON.parse(JSON.stringify(object ?? null))
}
