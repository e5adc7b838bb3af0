import type { Declaration, Registry } from './registry.ts'

/** What the executable was made from. */
export interface Build {
  readonly version: string
  readonly commit: string
}

/** Metrics of the process itself. */
export function declareProcess(registry: Registry, { version, commit }: Build) {
  const bytes = (name: string, help: string, merge: Declaration['merge'] = 'sum') =>
    registry.gauge({ name, help, unit: 'bytes', merge })
  return {
    rss: bytes('process_resident_memory_bytes', 'Resident memory of the process.'),
    heap: bytes('lynkr_heap_used_bytes', 'JavaScript heap in use.'),
    memoryLimit: bytes(
      'lynkr_memory_limit_bytes',
      'Memory the process may use: the cgroup limit, else that of the host.',
      'max',
    ),
    loopLag: registry.gauge({
      name: 'lynkr_event_loop_lag_seconds',
      help: 'Event-loop delay of the last second, 99th percentile.',
      unit: 'seconds',
      merge: 'max',
    }),
    startTime: registry.gauge({
      name: 'process_start_time_seconds',
      help: 'Unix time at which the process started.',
      unit: 'seconds',
      merge: 'max',
    }),
    uptime: registry.gauge({
      name: 'lynkr_uptime_seconds',
      help: 'Time since the process started.',
      unit: 'seconds',
      merge: 'max',
    }),
    build: registry.info({
      name: 'lynkr_build_info',
      help: 'Version and commit of the executable.',
      constant: { version, commit },
    }),
  }
}
