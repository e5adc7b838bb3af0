import type { Catalogue, Provider } from '../core/target.ts'
import type { Discovered } from './discovered.ts'

/**
 * Which models a provider has: those the file lists, and those the provider says it has. Where the file says that its list
 * is complete, only the list counts.
 */
export interface CatalogueView {
  knows(provider: Provider, model: string): boolean
  /** Whether anything is known about its models, from the file or from the provider. */
  isKnown(provider: Provider): boolean
  /** It certainly does not have this model. */
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
    // Said to be complete but without a list in the file: then the provider's own list is the complete one, once it is known.
    refuses: (provider, model) => provider.catalogue.isClosed && isKnown(provider) && !knows(provider, model),
    namesOf: (provider) => [...provider.catalogue.models, ...(saidBy(provider)?.keys() ?? [])],
  }
}

/** The file lists the models and says that there are no others: what the provider says does not count. */
function isFixed({ models, isClosed }: Catalogue): boolean {
  return isClosed && models.length > 0
}
