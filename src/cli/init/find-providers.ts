import type { Environment } from '../../config/environment.ts'
import type { ConfigIssue } from '../../config/issue.ts'
import { loadSettings } from '../../config/load.ts'
import { baseNames, keyNames } from '../../config/provider-source.ts'
import { findProviderRow } from '../../routing/provider-table.ts'
import type { DraftProvider } from './draft.ts'

/** A provider that could be used as it is, and where it was found. */
export interface FoundProvider extends DraftProvider {
  readonly title: string
  readonly where: string
}

/** A program on this machine: its row, its own port, and a path that no other kind answers. */
export interface LocalServer {
  readonly id: string
  readonly base: string
  readonly path: string
}

const LOCAL_SERVERS: readonly LocalServer[] = [
  { id: 'ollama', base: 'http://127.0.0.1:11434', path: '/api/version' },
  { id: 'lmstudio', base: 'http://127.0.0.1:1234', path: '/api/v0/models' },
  { id: 'llamacpp', base: 'http://127.0.0.1:8080', path: '/props' },
]

const ANSWER_WITHIN_MS = 700

/**
 * What the environment names, in the order of the table, then what runs on this machine. Of the latter only a harmless
 * question is asked; it is used only if somebody chooses it.
 */
export async function findProviders(
  environment: Environment,
  servers: readonly LocalServer[] = LOCAL_SERVERS,
): Promise<{ readonly found: readonly FoundProvider[] } | { readonly issues: readonly ConfigIssue[] }> {
  const { LYNKR_CONFIG: _, ...withoutFile } = environment
  const loaded = loadSettings(withoutFile, null)
  if ('issues' in loaded) return loaded
  const named = loaded.settings.providers.map(({ id }) => fromEnvironment(id, environment))
  const others = servers.filter(({ id }) => named.every((provider) => provider.id !== id))
  const answers = await Promise.all(others.map(isThere))
  const local = others.filter((_, i) => answers[i]).map(({ id, base }) => ({ ...bare(id), base, where: base }))
  return { found: [...named, ...local] }
}

function fromEnvironment(id: string, environment: Environment): FoundProvider {
  const row = findProviderRow(id)
  if (row === null) return bare(id)
  const isSet = (name: string): boolean => environment[name] !== undefined
  const [keyName, baseName] = [[...keyNames(row), ...(row.bearerNames ?? [])], baseNames(row)].map((names) =>
    names.find(isSet),
  )
  const parameters = (row.parameters ?? []).flatMap(({ name, names }) => {
    const value = environment[names.find(isSet) ?? '']
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...bare(id),
    key: keyName === undefined ? null : { env: keyName },
    base: (baseName !== undefined && environment[baseName]) || null,
    parameters: Object.fromEntries(parameters),
    where: [keyName, baseName].filter((name) => name !== undefined).join(', ') || 'the environment',
  }
}

/** A row as it stands, nothing filled in. */
export function bare(id: string): FoundProvider {
  const title = findProviderRow(id)?.title ?? id
  return { id, title, key: null, base: null, parameters: {}, model: null, where: '' }
}

async function isThere({ base, path }: LocalServer): Promise<boolean> {
  try {
    const response = await fetch(base + path, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return response.ok && (response.headers.get('content-type') ?? '').includes('json')
  } catch (thrown) {
    if (thrown instanceof Error) return false
    throw thrown
  }
}
