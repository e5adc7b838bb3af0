import { ANONYMOUS, principalOf } from '../auth/principal.ts'
import type { ExplainRouteDeps } from '../http/explain-route.ts'
import { explainRequest } from '../pipeline/explain.ts'
import type { PipelineDeps } from '../pipeline/ports.ts'
import type { Money } from './compose-money.ts'
import { surfaceFor } from './surfaces.ts'

/** What `POST /admin/explain` needs of the running instance. */
export function composeExplain(
  pipeline: PipelineDeps,
  { admin, authentication, budgetRules }: Pick<Money, 'admin' | 'authentication' | 'budgetRules'>,
): ExplainRouteDeps['explain'] {
  return async ({ surface, keyId, bytes, headers }) => {
    const listed = keyId === null ? ANONYMOUS : authentication.listed(keyId)
    const principal = listed ?? principalOf(await admin.keys.show(keyId ?? ''))
    const deps = {
      ...pipeline,
      prices: pipeline.spending.prices,
      budgets: budgetRules(),
      balances: () => admin.store.balances(),
    }
    return explainRequest(deps, { surface: surfaceFor(surface, bytes), bytes, headers, principal })
  }
}
