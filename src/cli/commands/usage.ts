import type { UsageGroup } from '../../core/store.ts'
import { formatRows, type OutputFormat } from './table.ts'
import { type StoreCommandOptions, withStoreForReading } from './with-store.ts'

export interface UsageOptions extends StoreCommandOptions {
  readonly groupBy: readonly UsageGroup[]
  readonly fromWallMs: number
  readonly toWallMs: number
  readonly format: OutputFormat
}

const MICRO_PER_USD = 1_000_000

/** `lynkr usage`: what was spent, by key, user, team, model, provider or day; the dearest first. */
export function usage(options: UsageOptions): Promise<number> {
  return withStoreForReading(options, async (store) => {
    const { groupBy, fromWallMs, toWallMs, format } = options
    const sums = await store.sumUsage({ groupBy, fromWallMs, toWallMs })
    const rows = sums.map((sum) => [
      ...[...sum.group, sum.requests, sum.inputTokens, sum.cacheReadTokens, sum.cacheWriteTokens, sum.outputTokens],
      dollars(sum.costMicroUsd),
    ])
    const heads = [...groupBy, 'requests', 'input', 'cache read', 'cache write', 'output', 'usd']
    if (rows.length === 0 && format === 'table') options.printError('nothing was used in this time')
    options.print(formatRows(format, heads, rows))
    const costless = sums.reduce((count, sum) => count + sum.costlessRequests, 0)
    if (costless > 0) options.printError(costlessNote(costless))
    return 0
  })
}

function costlessNote(requests: number): string {
  const those = requests === 1 ? '1 request counts' : `${requests} requests count`
  return `${those} as 0 dollars: the price of the model is not known, or it is free; prices are set under "prices"`
}

/** Exact to the micro-dollar: the text is made of integers, never of a float. */
export function dollars(microUsd: number): string {
  const whole = Math.trunc(microUsd / MICRO_PER_USD)
  return `${microUsd < 0 && whole === 0 ? '-' : ''}${whole}.${String(Math.abs(microUsd % MICRO_PER_USD)).padStart(6, '0')}`
}
