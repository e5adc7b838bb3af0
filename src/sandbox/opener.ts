import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { isSystemError } from '../core/system-error.ts'
import { ERRNO, type Libc, RESOLVE } from './libc.ts'

/** A folder that callers' paths are resolved below. `path` is real: no component of it is a link. */
export interface Root {
  readonly path: string
  readonly fd: number
}

/** Why nothing was opened. */
export type OpenFailure = 'missing' | 'link' | 'outside' | 'not_permitted' | 'wrong_kind' | 'changed'

/**
 * Opens what `relative` names below a root, to be asked about and no more, so that no link of any kind is followed and
 * nothing outside can be reached, whatever other processes rename meanwhile.
 */
export type Opener = (root: Root, relative: string) => number | OpenFailure

/** A descriptor that names a file without opening it: no side effects on devices and pipes. Linux only. */
export const O_PATH = process.platform === 'linux' ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK

/** No program that is started inherits the descriptor. */
export const O_CLOEXEC = process.platform === 'linux' ? 0o2000000 : 0

/** The kernel's own guard: one system call, no race. A mount point below the root counts as outside. */
export function openat2Opener(libc: Libc): Opener {
  const resolve = RESOLVE.beneath | RESOLVE.noMagicLinks | RESOLVE.noSymlinks | RESOLVE.noXdev
  const how = { flags: O_PATH | O_CLOEXEC, mode: 0, resolve }
  return (root, relative) => {
    const path = relative === '' ? '.' : relative
    let fd = libc.openat2(root.fd, path, how)
    // EAGAIN: the kernel could not exclude a race; it asks to try again.
    for (let attempt = 0; fd === -ERRNO.EAGAIN && attempt < 8; attempt++) fd = libc.openat2(root.fd, path, how)
    return fd >= 0 ? fd : failureOf(-fd)
  }
}

/**
 * Where the kernel has no such call: open, then ask what was opened, and accept it only if that is exactly the path that
 * was asked for. Outside Linux the question is answered by comparing the descriptor with a fresh look at the path, which
 * leaves a race of a few microseconds to whoever may rename folders of the workspace.
 */
export const verifyingOpener: Opener = (root, relative) => {
  const path = relative === '' ? root.path : `${root.path}/${relative}`
  const fd = tryOpen(path)
  if (typeof fd !== 'number' || isWhatWasAsked(fd, path)) return fd
  closeSync(fd)
  return 'link'
}

function isWhatWasAsked(fd: number, path: string): boolean {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${fd}`) === path
  try {
    const opened = fstatSync(fd)
    const there = lstatSync(path)
    return realpathSync(path) === path && opened.ino === there.ino && opened.dev === there.dev
  } catch (error) {
    if (isSystemError(error)) return false
    throw error
  }
}

function tryOpen(path: string): number | OpenFailure {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW | O_CLOEXEC)
  } catch (error) {
    if (isSystemError(error)) return FAILURES[error.code] ?? 'not_permitted'
    throw error
  }
}

const FAILURES: Readonly<Record<string, OpenFailure>> = {
  ENOENT: 'missing',
  ENOTDIR: 'wrong_kind',
  EISDIR: 'wrong_kind',
  ENXIO: 'wrong_kind',
  ELOOP: 'link',
  EXDEV: 'outside',
  EAGAIN: 'changed',
}

function failureOf(errno: number): OpenFailure {
  const name = Object.entries(ERRNO).find(([, number]) => number === errno)?.[0] ?? ''
  return FAILURES[name] ?? 'not_permitted'
}
