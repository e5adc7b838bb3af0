import type { DialectId } from '../core/dialect-id.ts'
import { ProxyError } from '../core/errors.ts'
import { ECHO_CHARS_MAX } from '../core/limits.ts'
import type { Provider, Target } from '../core/target.ts'
import { viewCatalogues } from './catalogue-view.ts'
import { type Discovered, NOTHING_DISCOVERED } from './discovered.ts'
import type { ModelInfo } from './model-list.ts'
import { claimsName, mapModel } from './model-map.ts'
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

/** How a name came to its targets, for people. */
export type RouteSource = 'route' | 'alias' | 'listed' | 'discovered' | 'default lane'

export interface Routed {
  readonly source: RouteSource
  /** The name or pattern of the configuration that fitted; `null` where none did. */
  readonly pattern: string | null
  /** In the order to try them, never empty. */
  readonly targets: readonly Target[]
}

/** A name that can be asked for, and where it goes. */
export interface ListedModel extends ModelInfo {
  readonly source: RouteSource
  readonly targets: readonly Target[]
}

export interface Router {
  /**
   * Where a model name goes: a route, an alias, a catalogue that knows it, else the default lane.
   *
   * @param model as the client asked
   * @returns targets in the order to try them, never empty
   * @throws ProxyError `unknown_model`, naming near ones, where the default lane's catalogue is closed
   */
  route(model: string): readonly Target[]
  /** Whether any provider speaks this dialect, so that a request in it may be passed on unchanged. */
  speaks(dialect: DialectId): boolean
  /** As `route`, with the reason. */
  explain(model: string): Routed
  /** Every name known that can be asked for, without patterns. Linear in the size of the catalogues. */
  list(): readonly ListedModel[]
  /**
   * One name of `list`, or one that a pattern or a provider without a catalogue takes.
   *
   * @throws ProxyError `unknown_model`, naming near ones
   */
  show(model: string): ListedModel
}

/** @param discovered what providers say they have; it may grow while the router is in use */
export function createRouter(
  { providers, defaultProvider, aliases, routes }: Routes,
  discovered: Discovered = NOTHING_DISCOVERED,
): Router {
  const routePatterns = openPatterns(routes)
  const aliasPatterns = openPatterns(aliases)
  const catalogues = viewCatalogues(discovered)
  const spoken = new Set([defaultProvider, ...providers].map(({ dialect }) => dialect))

  function find(name: string): Routed | null {
    const route = routePatterns.find(name)
    if (route !== null) {
      const targets = route.value.map((target) => ({ ...target, model: fill(target.model, route.rest) }))
      return { source: 'route', pattern: route.pattern, targets }
    }
    const alias = aliasPatterns.find(name)
    if (alias !== null) {
      const target = { ...alias.value, model: fill(alias.value.model, alias.rest) }
      return { source: 'alias', pattern: alias.pattern, targets: [target] }
    }
    const owner = providers.find(({ catalogue }) => catalogue.models.includes(name))
    return owner === undefined ? null : catalogued('listed', owner, name)
  }

  /** What the operator says about the default lane has precedence over what other providers list. */
  function findDiscovered(name: string): Routed | null {
    if (claimsName(defaultProvider, name) || catalogues.knows(defaultProvider, name)) return null
    const owner = providers.find((provider) => catalogues.knows(provider, name))
    return owner === undefined ? null : catalogued('discovered', owner, name)
  }

  function inDefaultLane(name: string): Routed {
    const model = mapModel(defaultProvider, name)
    if (catalogues.refuses(defaultProvider, model)) throw unknownModel(name, names())
    return { source: 'default lane', pattern: null, targets: [{ provider: defaultProvider, model }] }
  }

  function explain(model: string): Routed {
    const name = stripSuffix(model)
    return find(name) ?? findDiscovered(name) ?? inDefaultLane(name)
  }

  function names(): readonly string[] {
    const configured = [...Object.keys(routes), ...Object.keys(aliases)].filter(isName)
    return [...new Set([...configured, ...providers.flatMap(catalogues.namesOf)])]
  }

  function listed(name: string): ListedModel {
    const { source, targets } = explain(name)
    const infos = targets.flatMap(({ provider, model }) => discovered.modelsOf(provider.id)?.get(model) ?? [])
    const displayName = source === 'route' || source === 'alias' ? null : (infos[0]?.displayName ?? null)
    return { id: name, displayName, createdS: infos[0]?.createdS ?? null, source, targets }
  }

  return {
    route: (model) => explain(model).targets,
    speaks: (dialect) => spoken.has(dialect),
    explain,
    list: () => names().map(listed),
    show(model) {
      const entry = listed(model)
      const name = stripSuffix(model)
      const isGuess = entry.source === 'default lane' && !claimsName(defaultProvider, name)
      if (!isGuess || !catalogues.isKnown(defaultProvider) || catalogues.knows(defaultProvider, name)) return entry
      throw unknownModel(model, names())
    },
  }
}

function catalogued(source: RouteSource, provider: Provider, model: string): Routed {
  return { source, pattern: null, targets: [{ provider, model }] }
}

function isName(name: string): boolean {
  return !name.endsWith('*')
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
  return new ProxyError(
    'unknown_model',
    `model: ${JSON.stringify(name.slice(0, ECHO_CHARS_MAX))} is not known here${hint}`,
    {
      detail: { path: 'model' },
    },
  )
}
