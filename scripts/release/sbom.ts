import type { BundledPackage } from './packages.ts'

export interface SbomOptions {
  readonly name: string
  readonly version: string
  readonly commit: string
  readonly bunVersion: string
  readonly packages: readonly BundledPackage[]
}

/** A CycloneDX 1.6 bill of materials, as JSON: the same input gives the same bytes. @see cyclonedx.org/docs/1.6/json */
export function encodeSbom({ name, version, commit, bunVersion, packages }: SbomOptions): string {
  const components = [
    // Bun is MIT, but links JavaScriptCore and others under weaker terms: its own page lists them.
    { type: 'platform', name: 'bun', version: bunVersion, licenses: [{ expression: 'MIT AND LGPL-2.0-only' }] },
    ...packages.map((bundled) => ({
      type: 'library',
      'bom-ref': purl(bundled),
      name: bundled.name,
      version: bundled.version,
      purl: purl(bundled),
      licenses: [{ expression: bundled.license }],
    })),
  ]
  const metadata = {
    component: {
      type: 'application',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      licenses: [{ expression: 'Apache-2.0' }],
      properties: [{ name: 'lynkr:commit', value: commit }],
    },
  }
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata, components }, null, 2)}\n`
}

/** Package URL; the at sign of a scope is escaped. @see github.com/package-url/purl-spec */
function purl({ name, version }: BundledPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}
