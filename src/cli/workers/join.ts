import type { Scheduler } from '../../core/clock.ts'
import type { RequestRecord } from '../../core/record.ts'
import { layoutOf, loadValues, valuesOf } from '../../observability/merge.ts'
import type { Metrics } from '../../observability/recorder.ts'
import type { WorkerLink } from './link.ts'
import { type Order, RECORDS_MAX, type WorkerFacts } from './protocol.ts'

export interface JoinOptions {
  /** What this worker counts, and what it shows: the numbers of all. */
  readonly metrics: Metrics
  readonly totals: Metrics
  readonly scheduler: Scheduler
  facts(): Omit<WorkerFacts, 'records'>
  /** A request that another worker has served. */
  onRecord(record: RequestRecord): void
  onOrder(order: Order): void
}

/** Makes a worker report, and show what all have reported. @returns notes a request of its own, for the others */
export function joinCrew(link: WorkerLink, options: JoinOptions): (record: RequestRecord) => void {
  const { registry } = options.metrics.families
  let fresh: RequestRecord[] = []
  link.begin(
    {
      layout: layoutOf(registry),
      report() {
        const records = fresh
        fresh = []
        return { values: valuesOf(registry), facts: { ...options.facts(), records } }
      },
      onTotals(values, peers) {
        loadValues(options.totals.families.registry, values)
        for (const { records } of peers) records.forEach(options.onRecord)
      },
      onOrder: options.onOrder,
    },
    options.scheduler,
  )
  return (record) => {
    fresh.push(record)
    if (fresh.length > RECORDS_MAX) fresh.shift()
  }
}
