import { controlGroups, type ReadText } from './control-groups.ts'

/**
 * Memory that this process may use, in bytes: the tightest cgroup limit from its own group up to the root, version 2
 * or 1, but never more than the machine has.
 *
 * @param hostBytes memory of the machine
 */
export function memoryLimitBytes(read: ReadText, hostBytes: number): number {
  const { unified, ownTree } = controlGroups(read, 'memory')
  const files = [
    ...unified.map((folder) => `${folder}memory.max`),
    ...ownTree.map((folder) => `${folder}memory.limit_in_bytes`),
  ]
  return Math.min(hostBytes, ...files.map((path) => limitIn(read(path))))
}

/** `max`, nothing, or the huge number that version 1 uses for "none" do not limit. */
function limitIn(text: string | null): number {
  const digits = /^(\d+)\s*$/.exec(text ?? '')?.[1]
  const bytes = Number(digits ?? 0)
  return bytes > 0 ? bytes : Number.POSITIVE_INFINITY
}
