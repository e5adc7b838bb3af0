import { openLifecycle } from '../../src/cli/lifecycle.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'

/** A process with lynkr's lifecycle in which something goes wrong; it says what it does by lines on stdout. */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const logger = createLogger({ write: say, flush: async () => undefined }, { level: 'info' })
const nothing = (): void => undefined
const [, , fails, where] = process.argv
const link = where === 'worker' ? { onDrain: nothing, onStop: nothing, onStopNow: nothing } : null
const lifecycle = openLifecycle(logger, systemClock, { abandoned: null, flush: nothing, link })
setTimeout(() => {
  if (fails !== 'rejection') throw new Error('nobody catches this')
  setTimeout(() => {
    say('still here')
    process.exit(lifecycle.isLeaving() ? 3 : 0)
  }, 100)
  void Promise.reject(new Error('nobody waits for this'))
}, 1)
const stop = await lifecycle.stopped
say(`drained after ${stop.reason}`)
say(lifecycle.isUnready() ? 'unready' : 'ready')
setTimeout(() => {
  say('still here')
  process.exit(stop.code)
}, 1)
