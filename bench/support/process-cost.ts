import { readFileSync } from 'node:fs'

/** Linux counts processor time for other processes in hundredths of a second (`getconf CLK_TCK`). */
const TICK_MS = 10

/** @returns processor time that a process has used so far, user and system, all threads, in ms (steps of 10) */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(afterName[11]) + Number(afterName[12])) * TICK_MS
}

/** @returns resident memory of a process in MB (10^6 bytes) */
export function rssMegabytes(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return (Number(kibibytes?.[1] ?? Number.NaN) * 1_024) / 1_000_000
}
