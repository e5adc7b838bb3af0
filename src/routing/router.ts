import { ProxyError } from '../core/errors.ts'
import type { Provider, Target } from '../core/target.ts'
import { mapModel } from './model-map.ts'
import { nearNames } from './near-names.ts'
import { openPatterns } from './patterns.ts'

/** What the operator configured about where models go. Names and patterns may end in `*`. */
export interface Routes {
  /** In the order in which they are asked for a model. */
  readonly providers: readonly Provider[]
  readonly defaultProvider: Provider
  /** Name or pattern → the one place it stands for. */
  readonly aliases: Readonly<Record<string, Target>>
  /** Name or pattern → places to try in order. */
  readonly routes: Readonly<Record<string, readonly Target[]>>
}

export interface Router {
  /**
   * Where a model name goes: a route, an alias, a catalogue that knows it, else the default lane.
   *
   * @param model as the client asked, or `null` for requests without a model
   * @returns targets in the order to try them, never empty
   * @throws ProxyError `unknown_model`, naming near ones, where the default lane's catalogue is closed
   */
  route(model: string | null): readonly Target[]
  /** Names that can be asked for, as far as they are known: routes, aliases, catalogues. Patterns are left out. */
  names(): readonly string[]
}

export function createRouter({ providers, defaultProvider, aliases, routes }: Routes): Router {
  const routePatterns = openPatterns(routes)
  const aliasPatterns = openPatterns(aliases)
  const isName = (name: string): boolean => !name.endsWith('*')
  const known = new Set([
    ...Object.keys(routes).filter(isName),
    ...Object.keys(aliases).filter(isName),
    ...providers.flatMap((provider) => provider.catalogue.models),
  ])

  function find(name: string): readonly Target[] | null {
    const route = routePatterns.find(name)
    if (route !== null) return route.value.map((target) => ({ ...target, model: fill(target.model, route.rest) }))
    const alias = aliasPatterns.find(name)
    if (alias !== null) return [{ ...alias.value, model: fill(alias.value.model, alias.rest) }]
    const owner = providers.find((provider) => provider.catalogue.models.includes(name))
    return owner === undefined ? null : [{ provider: owner, model: name }]
  }

  function inDefaultLane(name: string): readonly Target[] {
    const model = mapModel(defaultProvider, name)
    const { models, isClosed } = defaultProvider.catalogue
    if (isClosed && !models.includes(model)) throw unknownModel(name, [...known])
    return [{ provider: defaultProvider, model }]
  }

  return {
    route(model) {
      if (model === null) return [{ provider: defaultProvider, model: defaultProvider.model ?? '' }]
      const name = stripSuffix(model)
      return find(name) ?? inDefaultLane(name)
    },
    names: () => [...known],
  }
}

/** `claude-opus-5-5[1m]` → `claude-opus-5-5`: clients pick a context window with it; it is no part of the name. */
export function stripSuffix(model: string): string {
  return model.endsWith(']') ? model.replace(/\[[^[\]]*\]$/, '') : model
}

/** A target's `*` stands for what the pattern's `*` stood for. */
function fill(model: string, rest: string): string {
  return model.endsWith('*') ? model.slice(0, -1) + rest : model
}

function unknownModel(name: string, known: readonly string[]): ProxyError {
  const near = nearNames(name, known)
  const hint = near.length > 0 ? `; near are ${near.join(', ')}` : ''
  return new ProxyError('unknown_model', `model: ${JSON.stringify(name.slice(0, 120))} is not known here${hint}`, {
    detail: { path: 'model' },
  })
}
