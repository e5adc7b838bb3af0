import type { RequestRecord } from '../core/record.ts'
import type { Provider } from '../core/target.ts'
import type { Logger } from '../observability/logger.ts'
import { PROVIDER_TABLE } from '../routing/provider-table.ts'

/** Models that are told of: names come from clients, so there is no end to them. */
const TOLD_MAX = 100

/**
 * Says of each model once that nobody knows its price, which is easily missed: its requests count as if they cost nothing.
 * Not of servers that people run themselves, which nobody sends a bill for.
 *
 * @param providers those that are configured at the moment
 */
export function watchUnpriced(
  logger: Pick<Logger, 'warn'>,
  providers: () => readonly Pick<Provider, 'id' | 'row'>[],
): (record: Pick<RequestRecord, 'usage' | 'costMicroUsd' | 'attemptList' | 'provider'>) => void {
  const told = new Set<string>()
  return ({ usage, costMicroUsd, attemptList, provider }) => {
    const { model } = attemptList.at(-1) ?? {}
    if (usage === null || costMicroUsd !== null || model === undefined || told.size >= TOLD_MAX) return
    const configured = providers().find(({ id }) => id === provider)
    const row = PROVIDER_TABLE.find(({ id }) => id === (configured?.row ?? configured?.id))
    const name = `${provider}/${model}`
    if (row?.needsKey !== true || told.has(name)) return
    told.add(name)
    logger.warn(
      { provider, model },
      'the price of this model is unknown: its requests count as costing nothing; add it under "prices", or set a ceiling',
    )
  }
}
