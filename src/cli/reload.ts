import type { Environment } from '../config/environment.ts'
import { filePrint } from '../config/file-print.ts'
import { frozenChanges } from '../config/frozen-settings.ts'
import type { ConfigIssue } from '../config/issue.ts'
import { issuesAt, loadSettings, type Settings } from '../config/load.ts'
import type { Scheduler } from '../core/clock.ts'
import type { Logger } from '../observability/logger.ts'
import type { RoomMetrics } from '../observability/room-recorder.ts'
import type { Lifecycle } from './lifecycle.ts'
import { watchFile } from './watch-file.ts'

export interface ReloadOptions {
  readonly environment: Environment
  /** What lynkr was started with. */
  readonly started: Settings
  /** Takes the new configuration over, in one turn of the event loop. */
  apply(next: Settings): void
  readonly lifecycle: Pick<Lifecycle, 'onHangUp'>
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly metrics: Pick<RoomMetrics, 'countReload'>
}

export interface Reload {
  /** Reads the configuration again. @returns whether it was taken over */
  reload(reason: string): boolean
  close(): void
}

/** The configuration as it is now; or why it must not take the place of the one that lynkr was started with. */
export function readAgain(
  environment: Environment,
  { configFile, defaultProvider, host, port }: Pick<Settings, 'configFile' | 'defaultProvider' | 'host' | 'port'>,
): ReturnType<typeof loadSettings> {
  if (configFile !== null && filePrint(configFile) === null) {
    return { issues: [{ place: configFile, message: 'is gone' }] }
  }
  const loaded = configFile === null ? loadSettings(environment) : loadSettings(environment, configFile)
  if ('issues' in loaded) return loaded
  const isSame = (loaded.settings.defaultProvider === null) === (defaultProvider === null)
  if (!isSame) {
    return { issues: [{ place: 'providers', message: 'from the simulator to a provider, or back, takes a new start' }] }
  }
  // Another address takes a new start, but its keys would be gone now.
  const issues = issuesAt(loaded.settings, { host, port })
  return issues.length > 0 ? { issues } : loaded
}

/**
 * Takes a changed configuration over when the file has changed, or on SIGHUP: whole, or not at all. A wrong one changes
 * nothing, and the log says what is wrong with it.
 */
export function openReload(options: ReloadOptions): Reload {
  const { environment, started, apply, scheduler, logger, metrics } = options
  const watch = watchFile(started, scheduler, () => reload('file'))

  function reject(issues: readonly ConfigIssue[]): false {
    metrics.countReload('rejected')
    const lines = issues.map(({ place, message }) => `${place}: ${message}`)
    logger.error({ issues: lines }, 'the configuration is wrong; the one before stays in force')
    return false
  }

  function reload(reason: string): boolean {
    watch.see()
    const read = readAgain(environment, started)
    if ('issues' in read) return reject(read.issues)
    const next = read.settings
    apply(next)
    metrics.countReload('applied')
    const frozen = frozenChanges(started, next)
    logger.info({ reason, providers: next.providers.map(({ id }) => id) }, 'the configuration is taken over')
    if (frozen.length > 0) logger.warn({ settings: frozen }, 'these settings change only with a new start')
    return true
  }

  let isClosed = false
  options.lifecycle.onHangUp(() => void (isClosed || reload('SIGHUP')))
  return {
    reload,
    close() {
      watch.stop()
      isClosed = true
    },
  }
}
