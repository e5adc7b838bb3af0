/** One part of the system, as `/health/ready` names it. */
export interface PartHealth {
  readonly healthy: boolean
  readonly detail: string
  /** It will not be healthy again, whatever happens: another instance has to serve. */
  readonly isFinal?: boolean
}

/**
 * What `/health/ready` answers. `unready` (503) takes this instance out of rotation; `degraded` names parts that fail
 * while requests still flow, because an upstream's outage must never take every replica out at once.
 */
export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'unready'
  readonly database: PartHealth
  readonly memory: PartHealth
  readonly shutdown: PartHealth
  readonly providers: Readonly<Record<string, PartHealth>>
  /** Only where there are several. */
  readonly workers?: PartHealth
  readonly degraded: readonly string[]
}

/** Folds the parts into the verdict: only shutdown, memory, a database that is lost for good, or the lack of any provider make an instance unready. */
export function healthReport(parts: Omit<HealthReport, 'status' | 'degraded'>): HealthReport {
  const providers = Object.entries(parts.providers)
  const failing = providers.filter(([, part]) => !part.healthy).map(([name]) => `providers.${name}`)
  const degraded = [
    ...(parts.database.healthy ? [] : ['database']),
    ...(parts.workers?.healthy === false ? ['workers'] : []),
    ...failing,
  ]
  const isFit = parts.memory.healthy && parts.shutdown.healthy && parts.database.isFinal !== true
  const isUnready = !isFit || providers.length === 0
  return { status: isUnready ? 'unready' : degraded.length > 0 ? 'degraded' : 'ready', ...parts, degraded }
}

/** `/health`: the verdict without the parts. */
export function summaryOf({ status, degraded }: HealthReport): Pick<HealthReport, 'status' | 'degraded'> {
  return { status, degraded }
}
