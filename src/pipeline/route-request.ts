import type { Envelope } from '../core/dialect.ts'
import type { Target } from '../core/target.ts'
import { spread } from '../routing/spread.ts'
import type { Exchange } from './exchange.ts'
import { permittedTargets } from './permitted.ts'
import type { PipelineDeps } from './ports.ts'
import { openingOf } from './session.ts'

/**
 * Where a request goes: the targets of its model that its key may reach, in the order of its session.
 *
 * @throws ProxyError `unknown_model`, `forbidden`
 */
export function routeRequest(
  { router }: PipelineDeps,
  exchange: Exchange,
  { model, json }: Envelope,
): readonly Target[] {
  const permitted = permittedTargets(exchange, model, router.route(model))
  return spread(permitted, () => exchange.session ?? openingOf(json))
}
