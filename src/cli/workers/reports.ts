import type { Scheduler } from '../../core/clock.ts'
import { inOrderOf, type Layout, leave, mergeReports } from '../../observability/merge.ts'
import { type Crew, type FromSupervisor, RECORDS_MAX, type WorkerFacts } from './protocol.ts'

/** A worker as the reports see it. */
export interface Reporter {
  send(message: FromSupervisor): void
}

/** Where the supervisor keeps what its workers report, and tells each of all. */
export interface Reports {
  /** A worker says what its numbers belong to. */
  join(worker: Reporter, layout: Layout): void
  take(worker: Reporter, values: Float64Array, facts: WorkerFacts): void
  /** A worker is gone; what it has counted stays. */
  part(worker: Reporter): void
  /** Asks every worker for a report, and then tells all; who asks meanwhile is told after the next round. */
  refresh(by: { readonly worker: Reporter; readonly id: number } | null): void
}

interface Known {
  readonly layout: Layout
  values: Float64Array
  facts: WorkerFacts | null
}

/** A worker that has not reported by then is told of with what it last said. */
const ROUND_MS = 250

export function openReports(scheduler: Scheduler, crew: () => Crew): Reports {
  const known = new Map<Reporter, Known>()
  const left = new Map<string, number>()
  let awaited: Set<Reporter> | null = null
  let asks = new Map<Reporter, number>()
  let answers: ReadonlyMap<Reporter, number> = asks
  let cancelRound = (): void => undefined

  function startRound(): void {
    awaited = new Set(known.keys())
    answers = asks
    asks = new Map()
    cancelRound = scheduler.after(ROUND_MS, endRound)
    for (const worker of known.keys()) worker.send({ type: 'report' })
    if (awaited.size === 0) endRound()
  }

  function endRound(): void {
    cancelRound()
    awaited = null
    tell()
    if (asks.size > 0) startRound()
  }

  function tell(): void {
    const merged = mergeReports([...known.values()], left)
    for (const [worker, { layout }] of known) {
      const peers = [...known].flatMap(([other, { facts }]) => (other === worker || facts === null ? [] : [facts]))
      worker.send({
        type: 'totals',
        values: inOrderOf(layout, merged),
        peers,
        crew: crew(),
        answers: answers.get(worker) ?? 0,
      })
    }
    // Told once: the dashboards keep them.
    for (const one of known.values()) if (one.facts !== null) one.facts = { ...one.facts, records: [] }
  }

  function answered(worker: Reporter): void {
    if (awaited?.delete(worker) === true && awaited.size === 0) endRound()
  }

  return {
    join: (worker, layout) =>
      void known.set(worker, { layout, values: new Float64Array(layout.keys.length), facts: null }),
    take(worker, values, facts) {
      const one = known.get(worker)
      if (one === undefined) return
      const untold = one.facts?.records ?? []
      one.values = values
      one.facts = { ...facts, records: [...untold, ...facts.records].slice(-RECORDS_MAX) }
      answered(worker)
    },
    part(worker) {
      const one = known.get(worker)
      if (one === undefined) return
      leave(left, one)
      known.delete(worker)
      answered(worker)
    },
    refresh(by) {
      if (by !== null) asks.set(by.worker, by.id)
      if (awaited === null) startRound()
    },
  }
}
