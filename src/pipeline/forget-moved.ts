import type { Provider } from '../core/target.ts'
import type { DiscoveredModels } from '../routing/discovered.ts'
import { credentialsOf } from './credentials.ts'
import type { PipelineDeps } from './ports.ts'

/** Where something is remembered of providers by their name. */
export type ProviderMemory = Pick<PipelineDeps, 'capabilities' | 'forms'> & {
  readonly protections: {
    readonly breakers: Pick<PipelineDeps['protections']['breakers'], 'reset'>
    readonly cooldowns: Pick<PipelineDeps['protections']['cooldowns'], 'forget'>
  }
  readonly discovered: Pick<DiscoveredModels, 'forget'>
}

/**
 * Forgets what was learnt of providers that another configuration has somewhere else, or not at all: what one server
 * refused, lacked, listed or failed at says nothing of another behind the same name.
 */
export function forgetMoved(
  { capabilities, forms, discovered, protections }: ProviderMemory,
  before: readonly Provider[],
  after: readonly Provider[],
): void {
  const now = new Map(after.map((provider) => [provider.id, provider]))
  for (const provider of before) {
    const { id } = provider
    const next = now.get(id)
    if (next !== undefined && placeOf(next) === placeOf(provider)) continue
    credentialsOf(provider).forEach(protections.cooldowns.forget)
    capabilities.forget(id)
    forms.forget(id)
    discovered.forget(id)
    protections.breakers.reset(id)
  }
}

/** Addresses of a provider, in each of its forms. */
function placeOf({ baseUrl, dialect, forms = [] }: Provider): string {
  return [`${dialect} ${baseUrl}`, ...forms.map(({ provider }) => `${provider.dialect} ${provider.baseUrl}`)].join('\n')
}
