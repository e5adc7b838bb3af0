import type { Settings } from '../config/load.ts'

/** Label values of metrics: the names that the configuration knows, so that their number has a bound. */
export function metricLabels({ providers, aliases, routes }: Settings): { providers: string[]; models: string[] } {
  const targets = [...Object.values(aliases), ...Object.values(routes).flat()].map(({ model }) => model)
  const listed = providers.flatMap(({ model, catalogue }) => [...catalogue.models, ...(model === null ? [] : [model])])
  const models = [...new Set([...targets, ...listed])].filter((name) => !name.endsWith('*'))
  return { providers: providers.length === 0 ? [SIMULATOR_ID] : providers.map(({ id }) => id), models }
}

/** Name of the provider that stands in where none is configured. */
export const SIMULATOR_ID = 'simulator'
