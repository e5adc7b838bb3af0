import { readdirSync, readFileSync } from 'node:fs'

/** Of all threads of a process since its start, in ms. */
export interface ProcessTime {
  readonly runningMs: number
  /** Ready, and kept from the processor by others: what this adds to a wait is not lynkr's. */
  readonly waitingMs: number
}

/** What the system says of a process; zeros where it does not. */
export function processTime(pid: number): ProcessTime {
  const threads = tryRead(() => readdirSync(`/proc/${pid}/task`)) ?? []
  let running = 0
  let waiting = 0
  for (const thread of threads) {
    const text = tryRead(() => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')) ?? ''
    const [ran = 0, waited = 0] = text.split(' ').map(Number)
    running += ran
    waiting += waited
  }
  return { runningMs: running / 1e6, waitingMs: waiting / 1e6 }
}

/** `null` for what has ended meanwhile, or is not there on this system. */
function tryRead<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
