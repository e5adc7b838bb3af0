import type { Settings } from '../../config/load.ts'
import type { Target } from '../../core/target.ts'
import { type DiscoveryDoor, openDiscovery } from '../../pipeline/discovery.ts'
import { openDiscovered } from '../../routing/discovered.ts'
import { createRouter, type ListedModel } from '../../routing/router.ts'
import { formatRows, type OutputFormat } from './table.ts'

export interface ModelsOptions extends DiscoveryDoor {
  readonly settings: Pick<Settings, 'providers' | 'defaultProvider' | 'aliases' | 'routes'>
  readonly format: OutputFormat
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * `lynkr models`: every name that can be asked for, and where it goes, as the providers say it now.
 *
 * @returns the exit code: 0, also if a provider does not answer, which is said; 1 where nothing is configured
 */
export async function models(options: ModelsOptions): Promise<number> {
  const { settings, transport, signers, scheduler, format, print, printError } = options
  const { providers, defaultProvider, aliases, routes } = settings
  if (defaultProvider === null) {
    printError('no provider is configured; `lynkr serve` would answer from its simulator')
    return 1
  }
  const discovered = openDiscovered()
  const discovery = openDiscovery({
    transport,
    signers,
    scheduler,
    providers: () => providers,
    discovered,
    intervalMs: A_DAY_MS,
    onFault: ({ id }, error) => printError(`${id}: ${error instanceof Error ? error.message : String(error)}`),
  })
  await discovery.refresh()
  discovery.close()
  const router = createRouter({ providers, defaultProvider, aliases, routes }, discovered)
  print(formatRows(format, ['model', 'goes to', 'because of'], router.list().map(row)))
  return 0
}

/** One round is all there is. */
const A_DAY_MS = 86_400_000

function row({ id, targets, source }: ListedModel): readonly string[] {
  return [id, targets.map(place).join(', '), source]
}

function place({ provider, model }: Target): string {
  return `${provider.id}/${model}`
}
