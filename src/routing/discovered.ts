import type { ModelInfo } from './model-list.ts'

/** The models that providers list at their own endpoint, for those that were asked. */
export interface Discovered {
  /** By name, in the provider's order; `null` as long as it has not answered. */
  modelsOf(providerId: string): ReadonlyMap<string, ModelInfo> | null
}

export interface DiscoveredModels extends Discovered {
  /** Takes the place of what the provider said before. */
  learn(providerId: string, models: readonly ModelInfo[]): void
  /** Back to not having answered. */
  forget(providerId: string): void
}

export const NOTHING_DISCOVERED: Discovered = { modelsOf: () => null }

/** One entry per configured provider, each as long as `readModelList` lets it be. */
export function openDiscovered(): DiscoveredModels {
  const byProvider = new Map<string, ReadonlyMap<string, ModelInfo>>()
  return {
    modelsOf: (providerId) => byProvider.get(providerId) ?? null,
    learn(providerId, models) {
      byProvider.set(providerId, new Map(models.map((model) => [model.id, model])))
    },
    forget: (providerId) => void byProvider.delete(providerId),
  }
}
