import type { Provider, Target } from '../core/target.ts'
import { nearNames } from '../routing/near-names.ts'
import type { Routes } from '../routing/router.ts'
import type { TargetEntry } from './file-schema.ts'
import type { ConfigFile } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'

/** The file's `models` and `routes`, with provider names resolved. */
export function configuredRoutes(
  file: ConfigFile,
  providers: readonly Provider[],
  issues: ConfigIssue[],
): Pick<Routes, 'aliases' | 'routes'> {
  const listed = new Set([...Object.keys(file.config.providers ?? {}), ...providers.map(({ id }) => id)])
  const resolve = (entry: TargetEntry, path: readonly PropertyKey[]): Target[] => {
    const { provider: id, ...place } = typeof entry === 'string' ? splitTarget(entry) : entry
    const provider = providers.find((candidate) => candidate.id === id)
    if (provider !== undefined) return [{ ...place, provider }]
    // Listed, but wrong: it has its own issue.
    if (listed.has(id)) return []
    const [near] = nearNames(id, [...listed])
    const hint =
      near === undefined
        ? `configured are ${providers.map(({ id: known }) => known).join(', ') || 'none'}`
        : `did you mean ${near}?`
    issues.push({ place: file.place(path), message: `the provider ${JSON.stringify(id)} is not configured; ${hint}` })
    return []
  }
  const aliases = Object.entries(file.config.models ?? {}).flatMap(([name, entry]) =>
    resolve(entry, ['models', name]).map((target) => [name, target] as const),
  )
  const routes = Object.entries(file.config.routes ?? {}).map(([name, entries]) => {
    const targets = entries.flatMap((entry, i) => resolve(entry, ['routes', name, i]))
    const message = credentialShownTwice(targets)
    if (message !== null) issues.push({ place: file.place(['routes', name]), message })
    if (targets.length > 0 && targets.every(({ weight }) => weight === 0)) {
      issues.push({ place: file.place(['routes', name]), message: 'needs one target with a weight over 0' })
    }
    return [name, targets] as const
  })
  return { aliases: Object.fromEntries(aliases), routes: Object.fromEntries(routes) }
}

/** A client's own credential is one vendor's; failing over must not show it to another. */
function credentialShownTwice(targets: readonly Target[]): string | null {
  const takers = targets.map(({ provider }) => provider).filter(({ credential }) => credential !== 'operator')
  const [first] = takers
  const other = takers.find(({ baseUrl }) => baseUrl !== first?.baseUrl)
  if (first === undefined || other === undefined) return null
  return `${first.id} and ${other.id} both take the client's own credential, which must not be shown to two addresses`
}

function splitTarget(text: string): { provider: string; model: string } {
  const at = text.indexOf('/')
  return { provider: text.slice(0, at), model: text.slice(at + 1) }
}
