import { statSync } from 'node:fs'
import { isSystemError } from '../core/system-error.ts'

/**
 * What changes when a file does, symbolic links followed: Kubernetes changes a mounted file by turning a link.
 *
 * @returns `null` if there is none; the system's code if it cannot be looked at, as on a network that is away
 */
export function filePrint(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true })
    return `${dev}:${ino}:${size}:${mtimeNs}`
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown
    return thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR' ? null : thrown.code
  }
}
