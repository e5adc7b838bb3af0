import type { Provider } from '../core/target.ts'
import type { Discovered } from './discovered.ts'
import { createRouter, type Router, type Routes } from './router.ts'

/** A router whose routes can be replaced while it is in use: what was routed keeps its targets, what comes gets the new ones. */
export interface LiveRouter extends Router {
  /** The providers of the moment: always the same list, so that who holds it sees the present ones. */
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
