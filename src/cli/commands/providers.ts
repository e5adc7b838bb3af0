import type { Settings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import type { Provider } from '../../core/target.ts'
import type { DiscoveryDoor } from '../../pipeline/discovery.ts'
import { mapModel } from '../../routing/model-map.ts'
import { nearNames } from '../../routing/near-names.ts'
import { findProviderRow, PROVIDER_TABLE } from '../../routing/provider-table.ts'
import { UPSTREAMS } from '../surfaces.ts'
import { tryProvider } from '../try-provider.ts'
import { formatRows, type OutputFormat } from './table.ts'

interface Printing {
  readonly settings: Pick<Settings, 'providers' | 'defaultProvider'>
  readonly format: OutputFormat
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** `lynkr providers list`: those that are configured, or every row there is. Always ends with 0. */
export function listProviders({ settings, format, print, isAll }: Printing & { readonly isAll: boolean }): number {
  const { providers, defaultProvider } = settings
  if (isAll) {
    const rows = PROVIDER_TABLE.map(({ id, dialect, title }) => [id, dialect, title])
    print(formatRows(format, ['provider', 'speaks', 'what it is'], rows))
    return 0
  }
  const rows = providers.map((provider) => [
    provider.id,
    provider.dialect,
    provider.baseUrl,
    authOf(provider),
    provider.keys.length,
    provider === defaultProvider ? 'default' : '',
  ])
  print(formatRows(format, ['provider', 'speaks', 'address', 'credential', 'keys', 'lane'], rows))
  return 0
}

function authOf({ auth }: Provider): string {
  return typeof auth === 'string' ? auth : auth.type
}

export interface TestOptions extends Printing, DiscoveryDoor {
  /** Providers to try; all that are configured if empty. */
  readonly names: readonly string[]
  readonly model: string | null
  readonly clock: Clock
}

/** What a provider of any vendor is asked for where nobody names a model. */
const MODELS: readonly [id: RegExp, model: string][] = [
  [/gemini/, 'gemini-2.5-flash'],
  [/^zai/, 'glm-4.7'],
  [/^moonshot/, 'kimi-k2.6'],
  [/^deepseek/, 'deepseek-flash'],
  [/^openrouter/, 'anthropic/claude-haiku-4.5'],
  [/^(openai|azure-openai)/, 'gpt-5.5-mini'],
]
const USUAL_MODEL = 'claude-haiku-4-5'

/**
 * `lynkr providers test`: one small question to each, really asked.
 *
 * @returns the exit code: 0 if each answered, 1 if one did not, 2 if a name is not configured
 */
export async function testProviders(options: TestOptions): Promise<number> {
  const { settings, names, format, print, printError, clock } = options
  const known = settings.providers.map(({ id }) => id)
  const missing = names.filter((name) => !known.includes(name))
  for (const name of missing) printError(notConfigured(name, known))
  if (missing.length > 0) return 2
  if (known.length === 0) {
    printError('no provider is configured; set the key of one, such as ANTHROPIC_API_KEY')
    return 2
  }
  const chosen = settings.providers.filter(({ id }) => names.length === 0 || names.includes(id))
  const rows = await Promise.all(
    chosen.map(async (provider): Promise<Row> => {
      const model = mapModel(provider, options.model ?? modelFor(provider))
      const startMs = clock.nowMs()
      const trial = await tryProvider(options, UPSTREAMS[provider.dialect], { provider, model })
      const ms = Math.round(clock.nowMs() - startMs)
      if (trial.isGood) return [provider.id, model, 'ok', ms, trial.tokens, trial.text]
      return [provider.id, model, trial.kind, ms, 0, `${trial.status ?? ''} ${trial.message}`.trim()]
    }),
  )
  print(formatRows(format, ['provider', 'model', 'result', 'ms', 'tokens', 'said'], rows))
  return rows.every(([, , result]) => result === 'ok') ? 0 : 1
}

type Row = readonly [id: string, model: string, result: string, ms: number, tokens: number, said: string]

function modelFor({ id, catalogue }: Provider): string {
  return catalogue.models[0] ?? MODELS.find(([pattern]) => pattern.test(id))?.[1] ?? USUAL_MODEL
}

function notConfigured(name: string, known: readonly string[]): string {
  if (findProviderRow(name) !== null) {
    return `${name} is not configured; configured are ${known.join(', ') || 'none'} (docs/providers.md tells what ${name} needs)`
  }
  const [near] = nearNames(name, [...known, ...PROVIDER_TABLE.map(({ id }) => id)])
  return `there is no provider ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`}`
}
