import type { Logger, LogThreshold } from '../observability/logger.ts'

/** Turns debug lines on and off while the process runs. */
export interface LogLevelSwitch {
  isDebug(): boolean
  setDebug(isDebug: boolean): void
}

/** `SIGUSR2` turns debug lines on, and the next one turns them off again; so does the switch that is returned. */
export function onLogLevelSignal(logger: Logger, configured: LogThreshold): LogLevelSwitch {
  const isDebug = (): boolean => logger.isEnabled('debug')
  const setDebug = (wanted: boolean): void => {
    if (wanted === isDebug()) return
    const level = wanted ? 'debug' : quieter(configured)
    logger.setLevel(level)
    logger.warn({ log_level: level }, 'log level changed')
  }
  process.on('SIGUSR2', () => setDebug(!isDebug()))
  return { isDebug, setDebug }
}

/** The configured level, or `info` where that is what was just left. */
function quieter(configured: LogThreshold): LogThreshold {
  return configured === 'debug' || configured === 'trace' ? 'info' : configured
}
