import type { Settings } from '../config/load.ts'
import { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import { findProviderRow } from '../routing/provider-table.ts'
import type { Routes } from '../routing/router.ts'
import { SIMULATOR_ID } from './metric-labels.ts'

/** What stands behind lynkr. */
export interface ChosenUpstream {
  readonly routes: Routes
  readonly isSimulated: boolean
  readonly signs: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The configured provider, or the embedded simulator where nothing is configured: never silently the one for the other. */
export async function chooseUpstream(settings: Settings): Promise<ChosenUpstream> {
  const { defaultProvider, providers, aliases, routes } = settings
  if (defaultProvider !== null) {
    return {
      routes: { defaultProvider, providers, aliases, routes },
      isSimulated: false,
      signs: {},
      stop: async () => undefined,
    }
  }
  const { startSimulator } = await import('../simulator/simulator.ts')
  const simulator = await startSimulator({ record: false })
  const provider = simulatedProvider(simulator.url)
  return {
    routes: { defaultProvider: provider, providers: [provider], aliases: {}, routes: {} },
    isSimulated: true,
    signs: { 'x-lynkr-upstream': 'simulator' },
    stop: () => simulator.stop(),
  }
}

/** The routes of another configuration; the simulator stays what it is. */
export function routesOf(
  { defaultProvider, providers, aliases, routes }: Settings,
  { routes: before }: ChosenUpstream,
): Routes {
  return defaultProvider === null ? before : { defaultProvider, providers, aliases, routes }
}

function simulatedProvider(url: string): Provider {
  const row = findProviderRow('custom')
  if (row === null) throw new Error('invariant broken: the table has a custom row')
  const { dialect, auth, paths, quirks, headers } = row
  return {
    id: SIMULATOR_ID,
    dialect,
    auth,
    paths,
    quirks,
    headers,
    baseUrl: url,
    keys: [new Secret('simulator')],
    credential: 'operator',
    model: null,
    modelMap: [],
    catalogue: { models: [], isClosed: false },
  }
}
