import { mountAdminAndCommands } from '../../src/cli/compose.ts'
import { createDashboard } from '../../src/dashboard/routes.ts'
import { createApp } from '../../src/http/app.ts'

/** Every route of the applications that `compose` puts together, as `get /v1/models/{id}`, sorted. */
export function mountedRoutes(): string[] {
  const app = createApp(anything())
  mountAdminAndCommands(app, anything(), anything(), anything())
  app.route('/', createDashboard(anything()))
  const routes = app.routes
    .filter(({ path, method }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
  return [...new Set(routes)].sort()
}

/** Stands for whatever a route would need when it is called: mounting one calls nothing. */
function anything<T>(): T {
  const stand: unknown = new Proxy(() => stand, { get: () => stand, apply: () => stand })
  return stand as T
}
