import { type Scheduler, sleep } from '../core/clock.ts'
import { type Engine, unavailable } from './engine.ts'

/** Pause between two looks, ms, and how many: an engine under load takes a second to let go of a container. */
const PAUSE_MS = 50
const LOOKS_MAX = 100

/**
 * Kills a container and waits until the engine no longer knows it.
 *
 * @param mayStillAppear the client that creates it is still alive: not being there is then no proof
 * @returns whether it is gone. Throws `sandbox_unavailable` if the engine does not answer.
 */
export async function removeContainer(
  engine: Engine,
  name: string,
  scheduler: Scheduler,
  mayStillAppear: () => boolean = () => false,
): Promise<boolean> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    // Killing is enough with --rm; after a while the engine is told to remove it as well.
    await engine.ask(look < LOOKS_MAX / 2 ? ['kill', name] : ['rm', '--force', '--volumes', name])
    if ((await findContainers(engine, [`name=^/${name}$`])).length === 0 && !mayStillAppear()) return true
    await sleep(scheduler, PAUSE_MS)
  }
  return false
}

/** Full ids of containers in any state that match all filters. Throws `sandbox_unavailable` if the engine does not answer. */
export async function findContainers(engine: Engine, filters: readonly string[]): Promise<string[]> {
  const answer = await engine.ask([
    'ps',
    '--all',
    '--quiet',
    '--no-trunc',
    ...filters.flatMap((filter) => ['--filter', filter]),
  ])
  // An engine that is down has no list to give; taking that for an empty one would call everything gone.
  if (answer.exitCode !== 0)
    throw unavailable('the container engine does not answer', new Error(answer.stderr.slice(0, 500)))
  return answer.stdout.split('\n').filter((line) => line !== '')
}
