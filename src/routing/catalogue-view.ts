import type { Catalogue, Provider } from '../core/target.ts'
import type { Discovered } from './discovered.ts'

/** Which models a provider has: what the file lists and what the provider says, the former closed where it is so configured. */
export interface CatalogueView {
  knows(provider: Provider, model: string): boolean
  /** Something is known of what it has. */
  isKnown(provider: Provider): boolean
  /** It has this model for sure not. */
  refuses(provider: Provider, model: string): boolean
  namesOf(provider: Provider): readonly string[]
}

export function viewCatalogues(discovered: Discovered): CatalogueView {
  const saidBy = ({ id, catalogue }: Provider) => (isFixed(catalogue) ? null : discovered.modelsOf(id))
  const isKnown = (provider: Provider): boolean =>
    provider.catalogue.models.length > 0 || discovered.modelsOf(provider.id) !== null
  const knows = (provider: Provider, model: string): boolean =>
    provider.catalogue.models.includes(model) || saidBy(provider)?.has(model) === true
  return {
    knows,
    isKnown,
    // Closed without a list: what the provider says counts, as soon as it has said it.
    refuses: (provider, model) => provider.catalogue.isClosed && isKnown(provider) && !knows(provider, model),
    namesOf: (provider) => [...provider.catalogue.models, ...(saidBy(provider)?.keys() ?? [])],
  }
}

/** The file lists the models and says that there are no others: what the provider says does not count. */
function isFixed({ models, isClosed }: Catalogue): boolean {
  return isClosed && models.length > 0
}
