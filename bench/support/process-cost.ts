import { readdirSync, readFileSync } from 'node:fs'

const NS_PER_MS = 1e6

/** @returns processor time that the living threads of a process have used so far, user and system, in ms (to the ns) */
export function cpuMs(pid: number): number {
  let totalNs = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    totalNs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return totalNs / NS_PER_MS
}

/** @returns resident memory of a process in MB (10^6 bytes) */
export function rssMegabytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return (Number(kibibytes?.[1] ?? Number.NaN) * 1_024) / 1_000_000
}

/** @returns pages that a process has had to be given so far, without a disk: memory that is new to it, or was given back */
export function pageFaults(pid: number): number {
  // The name in parentheses may hold anything; of the rest the eighth field is `minflt`.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[7])
}
