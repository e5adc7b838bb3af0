import type { DialectId, Quirks } from '../core/dialect.ts'
import type { AuthScheme, ProviderPaths } from '../core/target.ts'

/**
 * A kind of upstream, as data. Its id is a value of `MODEL_PROVIDER`; `<ID>_API_KEY` and `<ID>_API_BASE` (upper case,
 * dashes as underscores) always set its key and address, besides the customary names given here.
 */
export interface ProviderRow {
  readonly id: string
  readonly title: string
  readonly dialect: DialectId
  /** Default address; `null` if only the operator can know it. */
  readonly baseUrl: string | null
  readonly keyNames: readonly string[]
  readonly baseNames: readonly string[]
  readonly auth: AuthScheme
  /** A local server is enabled by its address instead of a key. */
  readonly needsKey: boolean
  readonly paths: ProviderPaths
  readonly quirks: Readonly<Quirks>
  readonly headers: Readonly<Record<string, string>>
  /** Path endings that operators paste along with the address, taken off so that `paths` fit. */
  readonly baseSuffixes: readonly string[]
}

const MESSAGES_PATHS: ProviderPaths = {
  chat: '/v1/messages',
  countTokens: '/v1/messages/count_tokens',
  models: '/v1/models',
  embeddings: null,
}

const ANTHROPIC_VERSION = { 'anthropic-version': '2023-06-01' } as const

/** All rows, in the order in which the default lane is chosen among enabled ones. */
export const PROVIDER_TABLE: readonly ProviderRow[] = [
  {
    id: 'anthropic',
    title: 'Anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    keyNames: [],
    baseNames: [],
    auth: 'x-api-key',
    needsKey: true,
    paths: MESSAGES_PATHS,
    quirks: {},
    headers: ANTHROPIC_VERSION,
    baseSuffixes: ['/v1/messages', '/v1'],
  },
  {
    id: 'azure-anthropic',
    title: 'Claude in Microsoft Foundry',
    dialect: 'anthropic',
    baseUrl: null,
    keyNames: ['ANTHROPIC_FOUNDRY_API_KEY'],
    baseNames: ['AZURE_ANTHROPIC_ENDPOINT', 'ANTHROPIC_FOUNDRY_BASE_URL'],
    auth: 'api-key',
    needsKey: true,
    paths: { ...MESSAGES_PATHS, models: null },
    quirks: {},
    headers: ANTHROPIC_VERSION,
    baseSuffixes: ['/v1/messages', '/v1'],
  },
  {
    id: 'custom',
    title: 'Any server that speaks Anthropic Messages',
    dialect: 'anthropic',
    baseUrl: null,
    keyNames: [],
    baseNames: [],
    auth: 'x-api-key',
    needsKey: false,
    paths: MESSAGES_PATHS,
    quirks: {},
    headers: ANTHROPIC_VERSION,
    baseSuffixes: ['/v1/messages', '/v1'],
  },
]

export function findProviderRow(id: string): ProviderRow | null {
  return PROVIDER_TABLE.find((row) => row.id === id) ?? null
}

/** `azure-anthropic` → `AZURE_ANTHROPIC`: the prefix of its environment names. */
export function environmentPrefix(rowId: string): string {
  return rowId.toUpperCase().replaceAll('-', '_')
}
