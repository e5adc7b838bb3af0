import type { Logger, LogThreshold } from '../observability/logger.ts'

/**
 * `SIGUSR2` turns debug lines on while the process runs, and the next one turns them off again.
 *
 * @returns stops listening
 */
export function onLogLevelSignal(logger: Logger, configured: LogThreshold): () => void {
  const onSignal = (): void => {
    const level = logger.isEnabled('debug') ? quieter(configured) : 'debug'
    logger.setLevel(level)
    logger.warn({ log_level: level }, 'log level changed')
  }
  process.on('SIGUSR2', onSignal)
  return () => void process.off('SIGUSR2', onSignal)
}

/** The configured level, or `info` where that is what was just left. */
function quieter(configured: LogThreshold): LogThreshold {
  return configured === 'debug' || configured === 'trace' ? 'info' : configured
}
