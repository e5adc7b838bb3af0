import { openLifecycle } from '../../src/cli/lifecycle.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'

/** A process with lynkr's lifecycle that gets SIGHUP before it can take a configuration over, and after. */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const hangUp = (): Promise<void> => {
  process.kill(process.pid, 'SIGHUP')
  // Signals are told between two turns of the event loop.
  return new Promise((resolve) => setTimeout(resolve, 50))
}
const logger = createLogger({ write: () => undefined, flush: async () => undefined }, { level: 'info' })
const lifecycle = openLifecycle(logger, systemClock, { abandoned: null, flush: () => undefined })
await hangUp()
say('early')
lifecycle.onHangUp(() => say('reloads'))
await hangUp()
