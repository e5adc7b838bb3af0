import type { Scheduler } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'
import { LOST_CONTAINERS_MAX } from '../core/limits.ts'
import type { Engine } from './engine.ts'
import { removeContainer } from './remove-container.ts'

/** Pause between two tries, ms: long enough for an engine to come back, short against what a forgotten command costs. */
const PAUSE_MS = 5_000

/** Containers whose run ended without them, because the engine was lost: removed as soon as it answers again. */
export interface LostContainers {
  add(name: string): void
  readonly count: number
}

/** Tries as long as there are any; at its bound the oldest are left to the sweep of the next start. */
export function openLostContainers(engine: Engine, scheduler: Scheduler): LostContainers {
  const names = new Set<string>()
  let isTrying = false

  async function tryAll(): Promise<void> {
    try {
      for (const name of names) if (await removeContainer(engine, name, scheduler)) names.delete(name)
    } catch (thrown) {
      if (!(thrown instanceof ProxyError)) throw thrown
    }
    isTrying = false
    tryLater()
  }

  function tryLater(): void {
    if (isTrying || names.size === 0) return
    isTrying = true
    scheduler.after(PAUSE_MS, () => void tryAll())
  }

  return {
    get count() {
      return names.size
    },
    add(name) {
      const oldest = names.size < LOST_CONTAINERS_MAX ? undefined : names.values().next().value
      if (oldest !== undefined) names.delete(oldest)
      names.add(name)
      tryLater()
    },
  }
}
