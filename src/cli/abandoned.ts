import { readFileSync } from 'node:fs'
import type { Environment } from '../config/environment.ts'
import type { Scheduler } from '../core/clock.ts'

/** Reason of a stop because the program that started lynkr is gone, however that ended. */
export const ABANDONED = 'whoever started it is gone'

const LOOK_EVERY_MS = 500
/** Between npm and lynkr stand a shell and `bun run`, or two of each. */
const ANCESTORS_MAX = 6

export interface AbandonedOptions {
  readonly untilStdinEnds: boolean
  readonly environment: Environment
  readonly scheduler: Scheduler
}

/**
 * Resolves when whoever holds the other end of standard input is gone, if that was asked for; or the npm that lynkr
 * runs under: `npx … run start` does not pass SIGTERM on, and would leave a server that nobody knows of.
 *
 * @returns `null` if lynkr is to go on without whoever started it
 */
export function whenAbandoned({ untilStdinEnds, environment, scheduler }: AbandonedOptions): Promise<void> | null {
  const npm = environment.npm_execpath?.endsWith('npm-cli.js') === true ? npmAbove(process.ppid) : null
  if (!untilStdinEnds && npm === null) return null
  return new Promise((resolve) => {
    if (untilStdinEnds) void stdinEnds().then(resolve)
    if (npm === null) return
    const cancel = scheduler.every(LOOK_EVERY_MS, () => {
      if (statOf(npm.pid)?.started === npm.started) return
      cancel()
      resolve()
    })
  })
}

async function stdinEnds(): Promise<void> {
  const reader = Bun.stdin.stream().getReader()
  for (let isDone = false; !isDone; ) ({ done: isDone } = await reader.read())
}

interface Stat {
  readonly pid: number
  readonly name: string
  readonly parent: number
  /** In ticks since boot: tells a reused pid from its owner. */
  readonly started: string
}

function npmAbove(pid: number): Stat | null {
  let stat = statOf(pid)
  for (let i = 0; i < ANCESTORS_MAX && stat !== null; i++) {
    if (/^np[mx]\b/.test(stat.name)) return stat
    stat = statOf(stat.parent)
  }
  return null
}

/** See proc(5); `null` for a process that is gone, and where there is no /proc. */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [name, rest] = [
      text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
      text.slice(text.lastIndexOf(')') + 2),
    ]
    const fields = rest.split(' ')
    return fields[0] === 'Z' ? null : { pid, name, parent: Number(fields[1]), started: fields[19] ?? '' }
  } catch (thrown) {
    if (thrown instanceof Error) return null
    throw thrown
  }
}
