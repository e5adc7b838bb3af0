import type { BundledPackage } from './packages.ts'

/** One text of all licences: packages that share a text are listed above it. Those without a file name their licence. */
export function encodeNotices(packages: readonly BundledPackage[]): string {
  const holders = new Map<string, string[]>()
  for (const { name, version, license, texts } of packages) {
    const text = texts.length === 0 ? `${license} (the package has no licence file)` : texts.join('\n\n')
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version} (${license})`])
  }
  const parts = [...holders].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)
  return [
    'Packages compiled into lynkr, and their licences. Bun: https://bun.sh/docs/project/licensing\n',
    ...parts,
  ].join(`\n${'-'.repeat(80)}\n\n`)
}
