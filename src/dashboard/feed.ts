import type { Clock, Scheduler } from '../core/clock.ts'
import {
  DASHBOARD_BUDGETS_MAX,
  DASHBOARD_SECONDS_MAX,
  DASHBOARD_WATCHERS_MAX,
  RECENT_REQUESTS_MAX,
} from '../core/limits.ts'
import type { RequestRecord } from '../core/record.ts'
import type { MetricFamilies } from '../observability/metrics.ts'
import { createPointSampler } from './point-sampler.ts'
import { toRequestRow } from './request-row.ts'
import { Ring } from './ring.ts'
import { readState } from './state.ts'
import type { BudgetState, Hello, Point, Tick } from './wire.ts'

/** What the dashboard remembers, and who watches it. */
export interface Feed {
  /** Notes a finished request. */
  record(record: RequestRecord): void
  hello(): Hello
  /**
   * @returns ends it; or `null` if as many watch already as may, or lynkr is about to stop
   */
  watch(watcher: Watcher): (() => void) | null
  close(): void
}

export interface Watcher {
  /** Once a second: what is new since the tick before. */
  onTick(tick: Tick): void
  /** Nothing more will come. */
  onEnd(): void
}

export interface FeedOptions {
  readonly families: MetricFamilies
  readonly clock: Clock
  readonly scheduler: Scheduler
  isDebug(): boolean
  /** How every budget stands, the scarcest first; may be slow, and may reject. */
  budgets(): Promise<readonly BudgetState[]>
  /** Watchers are sent away, so that none of them holds up the end. */
  isLeaving(): boolean
}

const TICK_MS = 1_000

/** The store is asked for budgets every so many ticks, while somebody watches. */
const BUDGET_TICKS = 5

/** New requests told in one tick; in a flood the newest. */
const TICK_REQUESTS_MAX = 100

export function openFeed(options: FeedOptions): Feed {
  const { families, clock, scheduler } = options
  const points = new Ring<Point>(DASHBOARD_SECONDS_MAX)
  const recent = new Ring<RequestRecord>(RECENT_REQUESTS_MAX)
  const watchers = new Set<Watcher>()
  const takePoint = createPointSampler(families, clock.nowMs())
  let fresh = new Ring<RequestRecord>(TICK_REQUESTS_MAX)
  let budgets: readonly BudgetState[] = []
  let ticks = 0

  /** While the store is down the last answer stands; the log tells of the store. */
  function askBudgets(): void {
    options.budgets().then(
      (all) => {
        budgets = all.slice(0, DASHBOARD_BUDGETS_MAX)
      },
      () => undefined,
    )
  }

  const state = () => readState(families, { isDebug: options.isDebug(), budgets })

  function endAll(): void {
    for (const watcher of watchers) watcher.onEnd()
    watchers.clear()
  }

  const cancel = scheduler.every(TICK_MS, () => {
    const point = takePoint(clock.nowMs(), clock.wallMs())
    points.add(point)
    const records = fresh.toArray()
    fresh = new Ring(TICK_REQUESTS_MAX)
    if (options.isLeaving()) endAll()
    if (watchers.size === 0) return
    if (ticks++ % BUDGET_TICKS === 0) askBudgets()
    const tick = { point, requests: records.map(toRequestRow), state: state() }
    for (const watcher of watchers) watcher.onTick(tick)
  })

  return {
    record(record) {
      recent.add(record)
      fresh.add(record)
    },
    hello() {
      // Whoever is greeted hears of these at the next tick.
      const untold = new Set(fresh.toArray())
      const told = recent.toArray().filter((record) => !untold.has(record))
      const { values: providers } = families.labels.breaker
      return { providers, points: points.toArray(), requests: told.map(toRequestRow), state: state() }
    },
    watch(watcher) {
      if (watchers.size >= DASHBOARD_WATCHERS_MAX || options.isLeaving()) return null
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    close() {
      cancel()
      endAll()
    },
  }
}
