import type { ModelInfo } from './model-list.ts'

/** What providers said that they have, as far as they were asked. */
export interface Discovered {
  /** By name, in the provider's order; `null` as long as it has not answered. */
  modelsOf(providerId: string): ReadonlyMap<string, ModelInfo> | null
}

export interface DiscoveredModels extends Discovered {
  /** Takes the place of what the provider said before. */
  learn(providerId: string, models: readonly ModelInfo[]): void
  /** As if it had not answered. */
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
