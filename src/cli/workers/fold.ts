import { type HealthReport, healthReport, type PartHealth } from '../../http/health.ts'
import { BADNESS, type BreakerSnapshot } from '../../resilience/breakers.ts'
import type { Crew, SheddingFacts } from './protocol.ts'

/** The health of all workers: a part is as it is where it is worst. A worker that is missing degrades, no more. */
export function foldHealth(all: readonly [HealthReport, ...HealthReport[]], crew: Crew | null): HealthReport {
  const [own] = all
  const worst = (part: (report: HealthReport) => PartHealth | undefined): PartHealth => {
    const parts = all.flatMap((report) => part(report) ?? [])
    return parts.find(({ healthy }) => !healthy) ?? parts[0] ?? { healthy: true, detail: 'unknown' }
  }
  const workers = crew === null ? {} : { workers: crewHealth(crew) }
  return healthReport({
    database: worst(({ database }) => database),
    memory: worst(({ memory }) => memory),
    shutdown: worst(({ shutdown }) => shutdown),
    providers: Object.fromEntries(
      Object.keys(own.providers).map((id) => [id, worst(({ providers }) => providers[id])]),
    ),
    ...workers,
  })
}

function crewHealth({ wanted, ready }: Crew): PartHealth {
  return { healthy: ready >= wanted, detail: `${ready} of ${wanted} workers serve` }
}

/** The breakers of all workers by name: the worst state, and what all of them have counted. */
export function foldBreakers(all: readonly (readonly BreakerSnapshot[])[]): readonly BreakerSnapshot[] {
  const byName = new Map<string, BreakerSnapshot>()
  for (const breaker of all.flat()) {
    const known = byName.get(breaker.name)
    byName.set(breaker.name, known === undefined ? breaker : together(known, breaker))
  }
  return [...byName.values()]
}

function together(a: BreakerSnapshot, b: BreakerSnapshot): BreakerSnapshot {
  const worse = BADNESS[b.state] > BADNESS[a.state] ? b : a
  return {
    ...worse,
    consecutiveFailures: Math.max(a.consecutiveFailures, b.consecutiveFailures),
    requests: a.requests + b.requests,
    failures: a.failures + b.failures,
    trips: a.trips + b.trips,
  }
}

/** Requests and their limits add up; of the signals the worst counts; a class that one worker refuses is refused. */
export function foldShedding(all: readonly [SheddingFacts, ...SheddingFacts[]]): SheddingFacts {
  return all.reduce((a, b) => ({
    active_requests: {
      now: a.active_requests.now + b.active_requests.now,
      threshold: a.active_requests.threshold + b.active_requests.threshold,
      admitted: a.active_requests.admitted + b.active_requests.admitted,
    },
    memory: worseSignal(a.memory, b.memory),
    heap: worseSignal(a.heap, b.heap),
    loop_lag_seconds: worseSignal(a.loop_lag_seconds, b.loop_lag_seconds),
    pressure: Math.max(a.pressure, b.pressure),
    classes: Object.fromEntries(
      Object.entries(a.classes).map(([name, one]) => {
        const other = b.classes[name] ?? one
        const refusing = one.shedding ? one : other
        return [name, { ...refusing, limit: one.limit + other.limit }]
      }),
    ),
  }))
}

function worseSignal<T extends { readonly now: number }>(a: T, b: T): T {
  return b.now > a.now ? b : a
}
