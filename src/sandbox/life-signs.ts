import { closeSync, constants, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { secureBytes } from '../core/random.ts'
import { isSystemError } from '../core/system-error.ts'
import { tryOpenLibc } from './libc.ts'
import { O_CLOEXEC } from './opener.ts'

/**
 * One locked file for each process that lives: the kernel drops the lock however the process ends. Whoever shares the
 * folder can look, also from another container, where process ids mean nothing.
 */
export interface LifeSigns {
  /** Makes this process's file, and removes those of dead ones. @returns its unguessable name; `null` where nothing can be locked */
  tryShow(): string | null
  /** Whether the process of that file lives; true in doubt. */
  has(name: string): boolean
}

/** @param folder made by the first sign, for its owner alone */
export function openLifeSigns(folder: string): LifeSigns {
  const libc = tryOpenLibc()

  function has(name: string): boolean {
    if (libc === null) return true
    try {
      const fd = openSync(join(folder, name), constants.O_RDWR | O_CLOEXEC)
      const isDead = libc.tryLockExclusive(fd)
      closeSync(fd)
      return !isDead
    } catch (error) {
      if (isSystemError(error)) return error.code !== 'ENOENT'
      throw error
    }
  }

  return {
    tryShow() {
      if (libc === null) return null
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const name of readdirSync(folder)) {
        if (!name.startsWith(DRAFT) && !has(name)) rmSync(join(folder, name), { force: true })
      }
      const name = secureBytes(8).toHex()
      const draft = join(folder, `${DRAFT}${name}`)
      const fd = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | O_CLOEXEC, 0o600)
      if (libc.tryLockExclusive(fd)) {
        // It gets its name only now, so that nobody finds it unlocked. It stays open until the process ends.
        renameSync(draft, join(folder, name))
        return name
      }
      closeSync(fd)
      rmSync(draft)
      return null
    },
    has,
  }
}

/** Beginning of the name of a file that is not locked yet. */
const DRAFT = '.'
