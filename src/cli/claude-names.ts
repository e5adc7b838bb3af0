import type { Settings } from '../config/load.ts'
import { openDiscovered } from '../routing/discovered.ts'
import { environmentPrefix } from '../routing/provider-table.ts'
import { createRouter } from '../routing/router.ts'

/** Models by the id of the provider that lists them. */
export type Listed = ReadonlyMap<string, readonly string[]>

/** One of the names that Claude Code asks for. */
const ASKED = 'claude-sonnet-4-5'

/**
 * Claude Code asks for `claude-…`. Where such a name would go as it is to a server of other models, every request of it
 * would be refused there.
 *
 * @returns what is wrong and what mends it; `null` where nothing is, or nobody can tell
 */
export function claudeNamesProblem(
  {
    providers,
    defaultProvider,
    aliases,
    routes,
  }: Pick<Settings, 'providers' | 'defaultProvider' | 'aliases' | 'routes'>,
  listed: Listed,
): { readonly finding: string; readonly fix: string } | null {
  // A catalogue that is all there is refuses by itself, and names what it has.
  if (defaultProvider === null || defaultProvider.catalogue.isClosed) return null
  const discovered = openDiscovered()
  for (const [id, models] of listed) discovered.learn(id, models.map(plain))
  const [target] = createRouter({ providers, defaultProvider, aliases, routes }, discovered).route(ASKED)
  if (target === undefined || target.model !== ASKED || target.provider.dialect === 'anthropic') return null
  const { id } = target.provider
  const models = listed.get(id) ?? []
  if (models.length === 0 || models.some((model) => model.startsWith(ASKED))) return null
  return {
    finding: `${id} lists no ${ASKED}, and such names, which Claude Code asks for, go there as they are`,
    fix: `For Claude Code set ${environmentPrefix(id)}_MODEL to a model that answers instead; \`lynkr models\` lists what there is.`,
  }
}

function plain(id: string) {
  return { id, displayName: null, createdS: null }
}
