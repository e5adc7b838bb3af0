import type { Environment } from '../config/environment.ts'
import type { Settings } from '../config/load.ts'
import { systemClock } from '../core/clock.ts'
import { toProxyError } from '../core/errors.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/recorder.ts'
import type { Tracer } from '../observability/traces/tracer.ts'
import { configuredSandbox } from './configured-sandbox.ts'
import { observeRuns } from './observe-runs.ts'
import { type OpenRuns, trackRuns } from './open-runs.ts'

export interface ServedSandboxOptions {
  readonly settings: Settings
  /** The configuration as it is now. */
  latest(): Settings
  readonly environment: Environment
  /** `null` where there is none. */
  readonly adminKey: string | null
  readonly metrics: Metrics
  readonly logger: Logger
  readonly tracer: Tracer
}

/**
 * The commands as a server offers them: counted, logged, ended with the server. Where there are any, what a killed
 * predecessor left behind is removed meanwhile; nothing waits for that, and no engine is no reason not to start.
 */
export function serveSandbox({ adminKey, metrics, logger, tracer, ...configured }: ServedSandboxOptions): OpenRuns {
  const secrets = adminKey === null ? [] : [adminKey]
  const observer = observeRuns({ metrics: metrics.rooms, logger, tracer, clock: systemClock })
  const sandbox = configuredSandbox({ ...configured, secrets, observer })
  if (configured.settings.commands.size > 0) {
    sandbox.sweep().then(
      (containers) => containers > 0 && logger.info({ containers }, 'removed containers of a lynkr that was killed'),
      (thrown: unknown) => logger.warn({}, `commands cannot run at the moment: ${toProxyError(thrown).message}`),
    )
  }
  return trackRuns(sandbox.commands)
}
