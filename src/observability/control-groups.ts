import { readFileSync } from 'node:fs'

/** Reads a small text file; null if it cannot be read. Injected, so that a test can be any machine. */
export type ReadText = (path: string) => string | null

/** Folders of the control groups that limit this process, its own first, the root last; each ends in `/`. */
export interface ControlGroups {
  /** Of version 2, which has one tree for all. */
  readonly unified: readonly string[]
  /** Of version 1, which has one for each controller. */
  readonly ownTree: readonly string[]
}

/**
 * Where the system tells what this process may use of what a controller divides. Inside a container the group's own
 * path is often not visible; its root is.
 */
export function controlGroups(read: ReadText, controller: 'memory' | 'cpu'): ControlGroups {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n')
  const groups = lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? [])
  const unified = groups.find(([, controllers]) => controllers === '')?.[2] ?? '/'
  const own = groups.find(([, controllers]) => controllers?.split(',').includes(controller))?.[2] ?? '/'
  return {
    unified: ancestors(unified).map((group) => `/sys/fs/cgroup${group}`),
    ownTree: ancestors(own).map((group) => `/sys/fs/cgroup/${controller}${group}`),
  }
}

/** The machine that this process runs on. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** `/a/b` → `/a/b/`, `/a/`, `/`. A path that climbs is left out. */
function ancestors(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '')
  if (parts.includes('..')) return ['/']
  return parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}/`).concat('/')
}
