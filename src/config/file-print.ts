import { statSync } from 'node:fs'

/**
 * What changes when a file does, symbolic links followed: Kubernetes changes a mounted file by turning a link.
 *
 * @returns `null` if there is none
 */
export function filePrint(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats === undefined ? null : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`
}
