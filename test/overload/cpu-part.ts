import { availableParallelism } from 'node:os'
import { startPromptly } from './promptly.ts'

/**
 * Short, so that being held back is spread evenly. A quota of the scheduler is not: it is looked after once a tick, and
 * where those are 4 ms apart a process that has 2 of 5 ms stands still for 4 to 12, which is what would be measured.
 */
const PERIOD_MS = 2.5

export interface CpuPart {
  /** What was really done, for the report. */
  readonly words: string
  /** The process has the first core, this one the others. */
  readonly isPinned: boolean
  release(): Promise<void>
}

/**
 * Holds a process to a part of the first core, by stopping it in turns, and this one to the others.
 *
 * @param share part of one core, 0–1
 */
export function holdToPart(pid: number, share: number): CpuPart {
  const cores = availableParallelism()
  const isPinned = cores > 1 && pin(pid, '0') && pin(process.pid, `1-${cores - 1}`)
  const runMs = PERIOD_MS * share
  const cycle = startPromptly('duty-cycle.ts', [pid, runMs, PERIOD_MS - runMs].map(String))
  // Nobody else would let it go on.
  process.on('exit', () => goOn(pid))
  return {
    isPinned,
    words: `${Math.round(share * 100)} % of ${isPinned ? 'a core of its own' : 'a shared core'}, ${runMs} ms at a time`,
    async release() {
      cycle.kill('SIGKILL')
      await cycle.exited
      goOn(pid)
    },
  }
}

/** @returns whether the system let it */
export function pin(pid: number, cores: string): boolean {
  return Bun.which('taskset') !== null && Bun.spawnSync(['taskset', '-a', '-p', '-c', cores, `${pid}`]).success
}

/** False where the process has ended. */
function goOn(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGCONT')
  } catch {
    return false
  }
}
