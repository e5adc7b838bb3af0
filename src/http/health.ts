/** One part of the system, as `/health/ready` names it. */
export interface PartHealth {
  readonly healthy: boolean
  readonly detail: string
}

/**
 * What `/health/ready` answers. `unready` (503) takes this instance out of rotation; `degraded` names parts that fail
 * while requests still flow, because an upstream's outage must never take every replica out at once.
 */
export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'unready'
  readonly memory: PartHealth
  readonly shutdown: PartHealth
  readonly providers: Readonly<Record<string, PartHealth>>
  readonly degraded: readonly string[]
}

/** Folds the parts into the verdict: only shutdown, memory, or the lack of any provider make an instance unready. */
export function healthReport(parts: Pick<HealthReport, 'memory' | 'shutdown' | 'providers'>): HealthReport {
  const providers = Object.entries(parts.providers)
  const degraded = providers.filter(([, part]) => !part.healthy).map(([name]) => `providers.${name}`)
  const isUnready = !parts.memory.healthy || !parts.shutdown.healthy || providers.length === 0
  return { status: isUnready ? 'unready' : degraded.length > 0 ? 'degraded' : 'ready', ...parts, degraded }
}
