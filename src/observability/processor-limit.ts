import { controlGroups, type ReadText } from './control-groups.ts'

/**
 * Processors that this process can keep busy: what its tightest cgroup quota leaves of the machine's, rounded up, so 1 for
 * half a processor. Bun counts those of the machine, of which a container's limit may be a small part.
 *
 * @param hostProcessors those that the process may run on
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.max; sched-bwc, cpu.cfs_quota_us
 */
export function processorLimit(read: ReadText, hostProcessors: number): number {
  const { unified, ownTree } = controlGroups(read, 'cpu')
  const quotas = [
    ...unified.map((folder) => quotaIn(read(`${folder}cpu.max`))),
    ...ownTree.map((folder) => quotaIn(`${read(`${folder}cpu.cfs_quota_us`)} ${read(`${folder}cpu.cfs_period_us`)}`)),
  ]
  return Math.min(hostProcessors, ...quotas.map(Math.ceil))
}

/** `50000 100000`: 50 ms of every 100 ms, half a processor. `max`, -1 and nothing do not limit. */
function quotaIn(text: string | null): number {
  const [, quota, period] = /^(\d+)\s+(\d+)\s*$/.exec(text ?? '') ?? []
  const processors = Number(quota) / Number(period)
  return processors > 0 ? processors : Number.POSITIVE_INFINITY
}
