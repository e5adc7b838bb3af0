import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  realpathSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import type { Denial } from '../core/commands.ts'
import { deny } from '../policy/safe-path.ts'
import { tryOpenLibc } from './libc.ts'
import { O_PATH, type Opener, type OpenFailure, openat2Opener, type Root, verifyingOpener } from './opener.ts'

/** What a caller wants to do with a path. */
export type Access = 'stat' | 'read' | 'write' | 'list'

export interface OpenedFile {
  readonly ok: true
  /** Belongs to the caller of `openBeneath`, who closes it. For `stat` it can only be asked, not read. */
  readonly fd: number
  readonly stats: Stats
}

/**
 * The file system's half of the path guard. Paths must have passed `checkPath` first.
 *
 * Nothing is followed out of the root: symbolic links and mount points are refused anywhere on the way, and so are hard
 * links (a regular file with a second name, which may be outside), devices, pipes and sockets. Rules of denial: `missing`,
 * `symbolic_link`, `outside_root`, `hard_link`, `special_file`, `kind`, `not_permitted`, `changed`.
 */
export interface PathGuard {
  /** `write` creates the file if its folder exists, and empties it once it has been checked. */
  open(root: Root, relative: string, access: Access, parameter?: string): OpenedFile | Denial
  /** Removes a file; `null` when it is gone. */
  remove(root: Root, relative: string, parameter?: string): Denial | null
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
  return pathGuard(libc === null ? verifyingOpener : openat2Opener(libc))
}

/** A guard over a given way to open; `createPathGuard` chooses one. */
export function pathGuard(opener: Opener): PathGuard {
  return {
    open(root, relative, access, parameter) {
      const place = parameter ?? null
      const named = opener(root, relative, O_PATH)
      if (typeof named !== 'number') {
        return access === 'write' && named === 'missing' ? create(opener, root, relative, place) : refuse(named, place)
      }
      return keepIfSafe(named, access, place, (stats) =>
        reopen(opener, root, relative, { fd: named, stats, access }, place),
      )
    },
    remove(root, relative, parameter) {
      const place = parameter ?? null
      const slash = relative.lastIndexOf('/')
      const parent = opener(root, relative.slice(0, Math.max(slash, 0)), O_PATH | constants.O_DIRECTORY)
      if (typeof parent !== 'number') return refuse(parent, place)
      try {
        // Removes the name itself, so a link is not followed; the descriptor holds the folder still.
        unlinkSync(`${pathOf(parent, root, relative.slice(0, Math.max(slash, 0)))}/${relative.slice(slash + 1)}`)
        return null
      } catch (error) {
        return deny(place, 'not_permitted', `cannot be removed (${error instanceof Error ? error.name : 'unknown'})`)
      } finally {
        closeSync(parent)
      }
    },
  }
}

/** The names in a folder opened for `list`. Throws the system's error. */
export function listOpened(opened: OpenedFile, root: Root, relative: string): string[] {
  return readdirSync(pathOf(opened.fd, root, relative))
}

/** A path that leads to an open folder itself, however it is renamed. Outside Linux there is none but its name. */
function pathOf(fd: number, root: Root, relative: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${fd}` : `${root.path}/${relative}`
}

function create(opener: Opener, root: Root, relative: string, place: string | null): OpenedFile | Denial {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW
  const fd = opener(root, relative, flags, 0o644)
  if (typeof fd !== 'number') return refuse(fd, place)
  return keepIfSafe(fd, 'write', place, (stats) => ({ ok: true, fd, stats }))
}

interface Named {
  readonly fd: number
  readonly stats: Stats
  readonly access: Access
}

/** From a descriptor that only names the file to one that can be used; what it names was already checked. */
function reopen(opener: Opener, root: Root, relative: string, named: Named, place: string | null): OpenedFile | Denial {
  if (named.access === 'stat') return { ok: true, fd: named.fd, stats: named.stats }
  const flags = (named.access === 'write' ? constants.O_WRONLY : constants.O_RDONLY) | constants.O_NONBLOCK
  const fd = opener(root, relative, flags)
  closeSync(named.fd)
  if (typeof fd !== 'number') return refuse(fd, place)
  return keepIfSafe(fd, named.access, place, (stats) => {
    if (stats.ino !== named.stats.ino || stats.dev !== named.stats.dev) {
      closeSync(fd)
      return refuse('changed', place)
    }
    if (named.access === 'write') ftruncateSync(fd, 0)
    return { ok: true, fd, stats }
  })
}

function keepIfSafe(
  fd: number,
  access: Access,
  place: string | null,
  keep: (stats: Stats) => OpenedFile | Denial,
): OpenedFile | Denial {
  const stats = fstatSync(fd)
  const refused = refuseKind(stats, access, place)
  if (refused === null) return keep(stats)
  closeSync(fd)
  return refused
}

function refuseKind(stats: Stats, access: Access, place: string | null): Denial | null {
  if (stats.isDirectory()) {
    return access === 'stat' || access === 'list' ? null : deny(place, 'kind', 'is a folder, not a file')
  }
  if (stats.isSymbolicLink()) return refuse('link', place)
  if (!stats.isFile()) return deny(place, 'special_file', 'is neither a file nor a folder')
  if (access === 'list') return deny(place, 'kind', 'is a file, not a folder')
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
