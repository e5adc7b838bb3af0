/** Reads a small text file; null if it cannot be read. Injected, so that a test can be any machine. */
export type ReadText = (path: string) => string | null

/**
 * Memory that this process may use, in bytes: the tightest cgroup limit from its own group up to the root, version 2
 * or 1, but never more than the machine has. Inside a container the group's own path is often not visible; its root is.
 *
 * @param hostBytes memory of the machine
 */
export function memoryLimitBytes(read: ReadText, hostBytes: number): number {
  const limits = groupFiles(read('/proc/self/cgroup') ?? '').map((path) => limitIn(read(path)))
  return Math.min(hostBytes, ...limits)
}

/** `max`, nothing, or the huge number that version 1 uses for "none" do not limit. */
function limitIn(text: string | null): number {
  const digits = /^(\d+)\s*$/.exec(text ?? '')?.[1]
  const bytes = Number(digits ?? 0)
  return bytes > 0 ? bytes : Number.POSITIVE_INFINITY
}

function groupFiles(selfCgroup: string): string[] {
  const groups = selfCgroup.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? [])
  const unified = groups.find(([, controllers]) => controllers === '')?.[2] ?? '/'
  const memory = groups.find(([, controllers]) => controllers?.split(',').includes('memory'))?.[2] ?? '/'
  return [
    ...ancestors(unified).map((group) => `/sys/fs/cgroup${group}memory.max`),
    ...ancestors(memory).map((group) => `/sys/fs/cgroup/memory${group}memory.limit_in_bytes`),
  ]
}

/** `/a/b` → `/a/b/`, `/a/`, `/`. A path that climbs is left out. */
function ancestors(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '')
  if (parts.includes('..')) return ['/']
  return parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}/`).concat('/')
}
