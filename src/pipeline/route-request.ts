import type { Envelope } from '../core/dialect.ts'
import type { Target } from '../core/target.ts'
import { spread } from '../routing/spread.ts'
import { permittedTargets } from './authorize.ts'
import type { Exchange } from './exchange.ts'
import type { PipelineDeps } from './ports.ts'
import { openingOf } from './session.ts'

/**
 * Where a request goes: the targets of its model that its key may reach, in the order of its session, each in the client's
 * own dialect where its vendor speaks it.
 *
 * @throws ProxyError `unknown_model`, `forbidden`
 */
export function routeRequest(
  { router, forms, clock }: PipelineDeps,
  exchange: Exchange,
  { model, json }: Envelope,
): readonly Target[] {
  const permitted = permittedTargets(exchange, model, router.route(model))
  const ordered = spread(permitted, () => exchange.session ?? openingOf(json))
  return forms.speaking(ordered, exchange.inbound.surface.id, clock.wallMs())
}
