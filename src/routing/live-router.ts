import type { Provider } from '../core/target.ts'
import type { Discovered } from './discovered.ts'
import { createRouter, type Router, type Routes } from './router.ts'

/** A router whose routes can be replaced while it is in use: requests already routed keep their targets. */
export interface LiveRouter extends Router {
  /** The current providers. It is always the same array, changed in place, so that whoever holds it sees the current ones. */
  readonly providers: readonly Provider[]
  replace(routes: Routes): void
}

export function openLiveRouter(initial: Routes, discovered: Discovered): LiveRouter {
  const providers = [...initial.providers]
  let current = createRouter(initial, discovered)
  return {
    providers,
    replace(routes) {
      current = createRouter(routes, discovered)
      providers.splice(0, providers.length, ...routes.providers)
    },
    route: (model) => current.route(model),
    speaks: (dialect) => current.speaks(dialect),
    explain: (model) => current.explain(model),
    list: () => current.list(),
    show: (model) => current.show(model),
  }
}
