import { LABEL } from './docker-argv.ts'
import type { Engine } from './engine.ts'
import type { ThisOwner } from './owner.ts'
import { findContainers } from './remove-container.ts'

/**
 * Removes what a former process of this installation left behind when it was killed. Containers of processes that still
 * live, and of other installations on the same engine, stay.
 *
 * @returns how many were removed. Throws `sandbox_unavailable` if the engine does not answer.
 */
export async function sweepContainers(engine: Engine, owner: ThisOwner): Promise<number> {
  const ours = await findContainers(engine, [`label=${LABEL.installation}=${owner.installation}`])
  if (ours.length === 0) return 0
  const format = `{{.Id}} {{index .Config.Labels "${LABEL.process}"}}`
  const answer = await engine.ask(['container', 'inspect', '--format', format, ...ours])
  const orphans = answer.stdout
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([id, label]) => id !== undefined && id !== '' && label !== owner.process && !owner.isAlive(label ?? ''))
    .map(([id = '']) => id)
  if (orphans.length > 0) await engine.ask(['rm', '--force', '--volumes', ...orphans], { timeoutMs: 60_000 })
  return orphans.length
}
