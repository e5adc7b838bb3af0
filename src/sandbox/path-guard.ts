import { closeSync, constants, fstatSync, openSync, realpathSync, type Stats } from 'node:fs'
import type { Denial } from '../core/commands.ts'
import { deny } from '../policy/safe-path.ts'
import { hasOpenat2, tryOpenLibc } from './libc.ts'
import { O_PATH, type Opener, type OpenFailure, openat2Opener, type Root, verifyingOpener } from './opener.ts'

/**
 * The file system's half of the path guard. Paths must have passed `checkPath` first.
 *
 * Nothing is followed out of the root: symbolic links and mount points are refused anywhere on the way, and so are hard
 * links (a regular file with a second name, which may be outside), devices, pipes and sockets. Rules of denial: `missing`,
 * `symbolic_link`, `outside_root`, `hard_link`, `special_file`, `kind`, `not_permitted`, `changed`.
 */
export interface PathGuard {
  /** What a path below the root names. It is only asked about: nothing is read, and no descriptor stays open. */
  stat(root: Root, relative: string, parameter?: string): { readonly ok: true; readonly stats: Stats } | Denial
}

/** Opens a folder as root; its path is resolved first. Throws the system's error if it is not a folder. */
export function openRoot(path: string): Root & Disposable {
  const real = realpathSync(path)
  const fd = openSync(real, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  return { path: real, fd, [Symbol.dispose]: () => closeSync(fd) }
}

/** The strongest guard this machine has. */
export function createPathGuard(): PathGuard {
  const libc = tryOpenLibc()
  return pathGuard(libc !== null && hasOpenat2(libc) ? openat2Opener(libc) : verifyingOpener)
}

/** A guard over a given way to open; `createPathGuard` chooses one. */
export function pathGuard(opener: Opener): PathGuard {
  return {
    stat(root, relative, parameter) {
      const place = parameter ?? null
      const fd = opener(root, relative)
      if (typeof fd !== 'number') return refuse(fd, place)
      try {
        const stats = fstatSync(fd)
        return refuseKind(stats, place) ?? { ok: true, stats }
      } finally {
        closeSync(fd)
      }
    },
  }
}

function refuseKind(stats: Stats, place: string | null): Denial | null {
  if (stats.isDirectory()) return null
  if (stats.isSymbolicLink()) return refuse('link', place)
  if (!stats.isFile()) return deny(place, 'special_file', 'is neither a file nor a folder')
  return stats.nlink > 1 ? deny(place, 'hard_link', 'is a hard link, which may lead outside') : null
}

function refuse(failure: OpenFailure, place: string | null): Denial {
  switch (failure) {
    case 'missing':
      return deny(place, 'missing', 'does not exist in the workspace')
    case 'link':
      return deny(place, 'symbolic_link', 'must not lead through a symbolic link')
    case 'outside':
      return deny(place, 'outside_root', 'must stay inside the workspace')
    case 'wrong_kind':
      return deny(place, 'kind', 'goes through something that is not a folder')
    case 'changed':
      return deny(place, 'changed', 'was changed while it was opened')
    case 'not_permitted':
      return deny(place, 'not_permitted', 'cannot be opened')
  }
}
