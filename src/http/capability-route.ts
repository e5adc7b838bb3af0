import { Hono } from 'hono'
import type { Clock } from '../core/clock.ts'
import type { Provider } from '../core/target.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'

export interface CapabilityRouteDeps {
  readonly requireAdmin: (request: Request) => void
  readonly capabilities: PipelineDeps['capabilities']
  readonly providers: readonly Provider[]
  readonly clock: Clock
}

/**
 * `GET /admin/capabilities`: what targets were found not to take, and what is configured; `?format=yaml` gives both as
 * the `providers` of a `lynkr.yaml`. `DELETE` forgets what was learnt. Errors are thrown for the application that mounts
 * this.
 */
export function createCapabilityRoute({ requireAdmin, capabilities, providers, clock }: CapabilityRouteDeps): Hono {
  const app = new Hono()
  app.get('/admin/capabilities', async (c) => {
    requireAdmin(c.req.raw)
    c.header('cache-control', 'no-store')
    const learned = capabilities.list(clock.wallMs())
    const strips = new Map(providers.map(({ id, quirks }) => [id, new Set(quirks.strips)]))
    const configured = Object.fromEntries(
      [...strips].filter(([, names]) => names.size > 0).map(([id, names]) => [id, [...names]]),
    )
    if (c.req.query('format') !== 'yaml') return c.json({ learned, configured })
    // What holds for one beta alone is nothing to configure.
    const names = learned.flatMap(({ provider, strips: all }) => all.map((name) => ({ provider, name })))
    for (const { provider, name } of names) if (!name.includes('@')) strips.get(provider)?.add(name)
    return c.body(await asConfig(strips), 200, { 'content-type': 'application/yaml' })
  })
  app.delete('/admin/capabilities', (c) => {
    requireAdmin(c.req.raw)
    return c.json({ forgotten: capabilities.clear() })
  })
  return app
}

async function asConfig(strips: ReadonlyMap<string, ReadonlySet<string>>): Promise<string> {
  const { stringify } = await import('yaml') // Loaded with the first question, because hardly anybody asks.
  const entries = [...strips].filter(([, names]) => names.size > 0)
  return stringify({
    providers: Object.fromEntries(entries.map(([id, names]) => [id, { quirks: { strips: [...names] } }])),
  })
}
