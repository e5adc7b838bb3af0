import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Short periods, so that being held back is spread evenly and not felt as stops of a tenth of a second. */
const PERIOD_US = 5_000

export interface CpuPart {
  /** What was really done, for the report: where control groups cannot be written, only cores are divided. */
  readonly words: string
  release(): void
}

/**
 * Holds a process to a part of the first core, and this one to the others.
 *
 * @param share part of one core, 0–1
 */
export function holdToPart(pid: number, share: number): CpuPart {
  const cores = availableParallelism()
  const isPinned = cores > 1 && pin(pid, '0') && pin(process.pid, `1-${cores - 1}`)
  const place = isPinned ? 'a core of its own' : 'a shared core'
  const group = limitedGroup(pid, Math.round(PERIOD_US * share))
  if (group === null) return { words: place, release: () => undefined }
  return {
    words: `${Math.round(share * 100)} % of ${place}`,
    // A group goes only when its processes have.
    release: () => tryTo(() => rmdirSync(group)),
  }
}

function pin(pid: number, cores: string): boolean {
  return Bun.which('taskset') !== null && Bun.spawnSync(['taskset', '-a', '-p', '-c', cores, `${pid}`]).success
}

/** Control groups of either version. Returns the group's folder, or `null` where none may be made. */
function limitedGroup(pid: number, quotaUs: number): string | null {
  const isFirst = existsSync('/sys/fs/cgroup/cpu/cgroup.procs')
  const folder = `/sys/fs/cgroup/${isFirst ? 'cpu/' : ''}lynkr-overload-${pid}`
  const limits = isFirst
    ? { 'cpu.cfs_period_us': `${PERIOD_US}`, 'cpu.cfs_quota_us': `${quotaUs}` }
    : { 'cpu.max': `${quotaUs} ${PERIOD_US}` }
  const isHeld = tryTo(() => {
    mkdirSync(folder)
    for (const [name, value] of Object.entries(limits)) writeFileSync(`${folder}/${name}`, value)
    writeFileSync(`${folder}/cgroup.procs`, `${pid}`)
  })
  if (isHeld) return folder
  tryTo(() => rmdirSync(folder))
  return null
}

function tryTo(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
