import { describe, expect, test } from 'bun:test'
import manifest from '../../package.json' with { type: 'json' }
import { executableFormat } from '../../scripts/release/executable-format.ts'
import { encodeNotices } from '../../scripts/release/notices.ts'
import { bundledPackages } from '../../scripts/release/packages.ts'
import { encodeSbom } from '../../scripts/release/sbom.ts'

const packages = bundledPackages(process.cwd())

describe('the bill of materials', () => {
  const sbom = JSON.parse(encodeSbom({ name: 'lynkr', version: '1.0.0', commit: 'c', bunVersion: '1', packages }))

  test('names every production dependency in the version installed', () => {
    const named = sbom.components.map(({ name, version }: Record<string, string>) => `${name}@${version}`)

    for (const [name, version] of Object.entries(manifest.dependencies)) expect(named).toContain(`${name}@${version}`)
  })

  test('names no tool of the developers', () => {
    const named = packages.map(({ name }) => name)

    for (const name of Object.keys(manifest.devDependencies)) expect(named).not.toContain(name)
  })

  test('gives each component a package URL of its own', () => {
    const purls = packages.map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`)
    const listed = sbom.components.flatMap(({ purl }: Record<string, string>) => purl ?? [])

    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
    expect(listed).toEqual(purls)
    expect(new Set(listed).size).toBe(purls.length)
  })
})

test('the third-party licences name every package once, above its text', () => {
  const notices = encodeNotices(packages)

  for (const { name, version, license } of packages) {
    expect(notices.split(`${name} ${version} (${license})\n`), name).toHaveLength(2)
  }
  expect(packages.filter(({ license }) => license === 'NOASSERTION')).toEqual([])
})

describe('the format of an executable', () => {
  test('of this Bun is this machine’s', async () => {
    const format = executableFormat(await Bun.file(process.execPath).slice(0, 65_536).bytes())

    expect(format).toContain(process.arch)
  })

  test('of anything else is none', () => {
    const scripts = ['', '#!/bin/sh\n', '\x7fELF', 'MZ'].map((text) => new TextEncoder().encode(text.padEnd(64, '\0')))

    for (const bytes of [...scripts, new Uint8Array(3)]) expect(executableFormat(bytes)).toBeNull()
  })
})
