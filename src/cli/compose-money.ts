import { openKeyAdmin } from '../auth/key-admin.ts'
import { type BudgetLine, budgetReport } from '../budget/budget-report.ts'
import { type GateOptions, openBudgetGate } from '../budget/gate.ts'
import { openLimitBook } from '../budget/limit-rule.ts'
import { openPriceBook } from '../budget/price-book.ts'
import { openMemoryRateLimiter, type RateLimiter } from '../budget/rate-limit.ts'
import { amountUnit, type BudgetRule } from '../budget/rule.ts'
import type { Settings } from '../config/load.ts'
import { providerProblem } from '../config/provider-problem.ts'
import { type Clock, systemClock, systemScheduler, type TurnScheduler } from '../core/clock.ts'
import { secureBytes } from '../core/random.ts'
import type { RequestRecord } from '../core/record.ts'
import type { AdminDeps } from '../http/admin.ts'
import type { PartHealth } from '../http/health.ts'
import type { Logger } from '../observability/logger.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { AnswerCache } from '../pipeline/ports.ts'
import type { Spending } from '../pipeline/spending.ts'
import { openRedisRateLimiter } from '../store/redis-rate-limiter.ts'
import { sha256 } from '../store/sha256.ts'
import { openUsageWriter } from '../store/usage-writer.ts'
import { openWebhook } from '../upstream/webhook.ts'
import { type Authentication, openAuthentication } from './authentication.ts'
import { openCache } from './compose-cache.ts'
import { openConfiguredStore } from './configured-store.ts'
import { openFaultLog } from './failure-log.ts'
import { openUpkeep } from './money-upkeep.ts'
import { watchOutgrown } from './outgrown-store.ts'
import { spendingMetrics } from './spending-metrics.ts'
import { usageRowOf } from './usage-row.ts'
import { watchUnpriced } from './watch-unpriced.ts'
import { shareLimits } from './workers/share.ts'

export interface MoneyOptions {
  readonly settings: Settings
  readonly logger: Logger
  readonly metrics: RoomMetrics
  /** Number of workers, which share the limits of this machine. */
  readonly workers: number
}

/** Keys, budgets, ledger and usage, put together on one store. */
export interface Money {
  readonly spending: Spending
  readonly cache: AnswerCache | null
  readonly authentication: Authentication
  readonly admin: Omit<AdminDeps, 'requireAdmin'>
  /** How every budget stands; rejects as the store does. */
  budgets(): Promise<readonly BudgetLine[]>
  /** The rules in force at the moment. */
  budgetRules(): readonly BudgetRule[]
  /** Applies keys, budgets, limits and prices of a new configuration. Reservations stay. */
  takeOver(next: Settings): void
  /** Keeps the usage of a finished request for the next write. */
  record(record: RequestRecord): void
  health(): PartHealth
  /** Gives back what is leased and writes what waits; bounded in time. */
  close(): Promise<void>
}

/** Opens the store and everything on it. @throws StoreError with what to do, if the store cannot be used */
export async function openMoney({ settings, logger, metrics, workers }: MoneyOptions): Promise<Money> {
  const time: { clock: Clock; scheduler: TurnScheduler } = { clock: systemClock, scheduler: systemScheduler }
  const store = await openConfiguredStore(settings)
  const owner = secureBytes(12).toHex()
  const outgrown = watchOutgrown(logger, openFaultLog(logger, time.clock, settings.logFloodLines))
  const { onFault } = outgrown
  const gate = openBudgetGate({
    ...time,
    rules: settings.budgets,
    store,
    owner,
    onStoreDown: settings.budgetFailOpen ? 'allow' : 'refuse',
    onSoftLimit: softLimitAlert({ settings, logger, metrics }),
    onStoreFault: onFault,
  })
  const usage = openUsageWriter(store, onFault)
  const authentication = await openAuthentication({
    apiKeys: settings.apiKeys,
    configured: settings.keys,
    isRequired: settings.requireKeys,
    adminKey: settings.adminKey,
    store,
  })
  const { limiter, closeLimiter } = await openLimiter(settings, { owner, workers }, onFault)
  const { cache, closeCache } = await openCache({ settings, metrics, workers, onFault })
  const upkeep = openUpkeep({ ...time, gate, usage, store, authentication, settings, onFault })
  const wallMs = (): number => time.clock.wallMs()
  // A reload replaces these in place: read them when they are needed, never keep them.
  const rules = { budgets: settings.budgets, providers: settings.providers }
  const onUnpriced = watchUnpriced(logger, () => rules.providers)
  const spending = { gate, limiter, ...booksOf(settings), listener: spendingMetrics(metrics) }
  const budgets = async () => budgetReport(rules.budgets, await store.balances(), wallMs())
  return {
    spending,
    budgetRules: () => rules.budgets,
    takeOver(next) {
      Object.assign(rules, { budgets: next.budgets, providers: next.providers })
      gate.replaceRules(next.budgets)
      Object.assign(spending, booksOf(next))
      const keys = { apiKeys: next.apiKeys, configured: next.keys, isRequired: next.requireKeys }
      void authentication.replace(keys).catch(onFault)
    },
    cache,
    authentication,
    budgets,
    admin: {
      keys: openKeyAdmin({
        store,
        providerProblem: (name) => providerProblem(name, rules.providers),
        sha256,
        secureBytes,
        wallMs,
      }),
      store,
      onKeysChanged: () => void authentication.refresh().catch(onFault),
      wallMs,
      budgets,
    },
    record(record) {
      onUnpriced(record)
      const row = usageRowOf(record)
      if (row !== null && !usage.add(row)) logger.error({ request_id: record.requestId }, 'a usage row was lost')
    },
    health: () => outgrown.health() ?? upkeep.health(),
    async close() {
      await upkeep.close()
      closeLimiter()
      closeCache()
      await store.close()
    },
  }
}

function booksOf({ limits, prices, priceCeiling }: Settings): Pick<Spending, 'limits' | 'prices'> {
  return { limits: openLimitBook(limits), prices: openPriceBook({ overrides: prices, ceiling: priceCeiling }) }
}

/** Log, metric and webhook for a budget that has reached its soft limit. */
function softLimitAlert({ settings, logger, metrics }: Omit<MoneyOptions, 'workers'>): GateOptions['onSoftLimit'] {
  const onLost = (cause: unknown): void => {
    metrics.countWebhookLost()
    logger.warn({ err: cause }, 'the budget webhook was not told')
  }
  const webhook = settings.budgetWebhook === undefined ? null : openWebhook(settings.budgetWebhook, onLost)
  return ({ account: { name, rule }, window }, used) => {
    const { scope, cap, unit } = rule
    const facts = { account: name, used, cap, unit: amountUnit(unit) }
    metrics.countSoftLimit(scope)
    logger.warn(facts, 'a budget has reached its soft limit')
    webhook?.tell({ event: 'budget.soft_limit', ...facts, resets: new Date(window.endWallMs).toISOString() })
  }
}

async function openLimiter(
  { redisUrl }: Settings,
  { owner, workers }: { owner: string; workers: number },
  onFault: (cause: unknown) => void,
): Promise<{ limiter: RateLimiter; closeLimiter: () => void }> {
  if (redisUrl === undefined)
    return { limiter: shareLimits(openMemoryRateLimiter(), workers), closeLimiter: () => undefined }
  const time = { clock: systemClock, scheduler: systemScheduler }
  const limiter = await openRedisRateLimiter({ url: redisUrl, owner, ...time, onFault })
  return { limiter, closeLimiter: () => limiter.close() }
}
