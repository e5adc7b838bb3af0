import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { isSystemError } from '../core/system-error.ts'

/**
 * Whether the process of that number on this machine is a `lynkr serve`. Its number may have come from elsewhere, such as
 * a container, and be that of any process here. Where the system has no /proc it is taken for one.
 */
export function isServer(pid: number): boolean {
  if (process.platform !== 'linux') return true
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return argv.includes('serve') && programOf(`${pid}`) === programOf('self')
  } catch (thrown) {
    if (isSystemError(thrown)) return false
    throw thrown
  }
}

/** Its name alone, as it may have been replaced by a newer one while it runs. */
function programOf(pid: string): string {
  return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''))
}
