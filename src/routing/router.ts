import type { Provider, Target } from '../core/target.ts'

/**
 * Where a model name goes. Suffixes such as `[1m]`, which clients use to pick a context window, are not part of a
 * model's name upstream.
 *
 * @param model as the client asked, or `null` for requests without a model
 * @returns ordered targets, never empty
 */
export type Router = (model: string | null) => readonly Target[]

/** Everything goes to one provider, names unchanged: what there is without a configuration file. */
export function routeToDefault(provider: Provider): Router {
  return (model) => [{ provider, model: stripSuffix(model ?? '') }]
}

/** `claude-opus-5-5[1m]` → `claude-opus-5-5`. */
export function stripSuffix(model: string): string {
  return model.endsWith(']') ? model.replace(/\[[^[\]]*\]$/, '') : model
}
