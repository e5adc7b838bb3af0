import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LABEL, type Owner } from './docker-argv.ts'
import type { Engine } from './engine.ts'
import { isSystemError } from './opener.ts'
import { findContainers } from './remove-container.ts'

/**
 * Removes what a former process of this installation left behind when it was killed. Containers of processes that still
 * live, and of other installations on the same engine, stay.
 *
 * @returns how many were removed. Throws `sandbox_unavailable` if the engine does not answer.
 */
export async function sweepContainers(engine: Engine, owner: Owner): Promise<number> {
  const ours = await findContainers(engine, [`label=${LABEL.installation}=${owner.installation}`])
  if (ours.length === 0) return 0
  const format = `{{.Id}} {{index .Config.Labels "${LABEL.process}"}}`
  const answer = await engine.ask(['container', 'inspect', '--format', format, ...ours])
  const orphans = answer.stdout
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([id, label]) => id !== undefined && id !== '' && label !== owner.process && !isAlive(label ?? ''))
    .map(([id = '']) => id)
  if (orphans.length > 0) await engine.ask(['rm', '--force', '--volumes', ...orphans], { timeoutMs: 60_000 })
  return orphans.length
}

/** This process of the installation whose state is in `dataFolder`. */
export function thisOwner(dataFolder: string, hostName: string): Owner {
  const installation = createHash('sha256').update(`${hostName}\0${dataFolder}`).digest('hex').slice(0, 16)
  return { installation, process: `${process.pid}.${startedAt(process.pid) ?? 0}` }
}

function isAlive(label: string): boolean {
  const [pid, started] = label.split('.')
  return startedAt(Number(pid)) === started
}

/** When a process started, in clock ticks since boot (field 22 of /proc/pid/stat): tells a reused pid from its owner. */
function startedAt(pid: number): string | null {
  if (!Number.isInteger(pid)) return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch (error) {
    if (isSystemError(error)) return null
    throw error
  }
}
