import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A package that is compiled into the executable. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** SPDX expression, as the package states it. */
  readonly license: string
  /** Texts of its licence and notice files, in the order of their names. */
  readonly texts: readonly string[]
}

/**
 * The production dependencies and theirs, as installed, each name and version once, by name. What the bundler leaves out
 * is among them: a licence too many does no harm.
 *
 * @throws Error where one is not installed
 */
export function bundledPackages(root: string): readonly BundledPackage[] {
  const found = new Map<string, BundledPackage>()
  const visit = (folder: string): void => {
    for (const name of dependencies(folder)) {
      const place = locate(folder, name)
      if (place === null) throw new Error(`${name} is not installed; run bun install`)
      const { version, license } = manifestOf(place)
      const key = `${name}@${version}`
      if (found.has(key)) continue
      found.set(key, { name, version, license, texts: licenseTexts(place) })
      visit(place)
    }
  }
  visit(root)
  return [...found.values()].toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))
}

function manifestOf(folder: string): { version: string; license: string; dependencies: Record<string, string> } {
  const { version, license, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return {
    version: String(version),
    license: typeof license === 'string' ? license : String(license?.type ?? 'NOASSERTION'),
    dependencies: dependencies ?? {},
  }
}

function dependencies(folder: string): readonly string[] {
  return Object.keys(manifestOf(folder).dependencies)
}

/** As node resolves: the nearest `node_modules` upwards. */
function locate(from: string, name: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name)
    if (existsSync(join(place, 'package.json'))) return place
    if (dirname(folder) === folder) return null
  }
}

function licenseTexts(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
}
