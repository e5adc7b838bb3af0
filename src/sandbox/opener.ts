import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { ERRNO, type Libc, RESOLVE } from './libc.ts'

/** A folder that callers' paths are resolved below. `path` is real: no component of it is a link. */
export interface Root {
  readonly path: string
  readonly fd: number
}

/** Why nothing was opened. */
export type OpenFailure = 'missing' | 'link' | 'outside' | 'not_permitted' | 'wrong_kind' | 'changed'

/**
 * Opens `relative` below a root so that no link of any kind is followed and nothing outside can be reached, whatever
 * other processes rename meanwhile. `flags` are those of open(2).
 */
export type Opener = (root: Root, relative: string, flags: number, mode?: number) => number | OpenFailure

/** A descriptor that names a file without opening it: no side effects on devices and pipes. Linux only. */
export const O_PATH = process.platform === 'linux' ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK

const O_CLOEXEC = process.platform === 'linux' ? 0o2000000 : 0

/** The kernel's own guard: one system call, no race. A mount point below the root counts as outside. */
export function openat2Opener(libc: Libc): Opener {
  const resolve = RESOLVE.beneath | RESOLVE.noMagicLinks | RESOLVE.noSymlinks | RESOLVE.noXdev
  return (root, relative, flags, mode = 0) => {
    const how = { flags: flags | O_CLOEXEC, mode, resolve }
    const path = relative === '' ? '.' : relative
    let fd = libc.openat2(root.fd, path, how)
    // EAGAIN: the kernel could not exclude a race; it asks to try again.
    for (let attempt = 0; fd === -ERRNO.EAGAIN && attempt < 8; attempt++) fd = libc.openat2(root.fd, path, how)
    return fd >= 0 ? fd : failureOf(-fd)
  }
}

/**
 * Where the kernel has no such call: open, then ask what was opened, and accept it only if that is exactly the path that
 * was asked for. A file is created below a folder that was verified the same way. Outside Linux the question is answered
 * by comparing the descriptor with a fresh look at the path, which leaves a race of a few microseconds to whoever may
 * rename folders of the workspace.
 */
export const verifyingOpener: Opener = (root, relative, flags, mode = 0) => {
  const path = relative === '' ? root.path : `${root.path}/${relative}`
  if ((flags & constants.O_CREAT) === 0) return openVerified(path, flags)
  const parent = openVerified(dirname(path), O_PATH | constants.O_DIRECTORY)
  if (typeof parent !== 'number') return parent
  try {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const place = process.platform === 'linux' ? `/proc/self/fd/${parent}/${name}` : path
    const fd = tryOpen(place, flags, mode)
    return typeof fd === 'number' ? verified(fd, path) : fd
  } finally {
    closeSync(parent)
  }
}

function openVerified(path: string, flags: number): number | OpenFailure {
  const fd = tryOpen(path, flags, 0)
  return typeof fd === 'number' ? verified(fd, path) : fd
}

function verified(fd: number, path: string): number | OpenFailure {
  if (isWhatWasAsked(fd, path)) return fd
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

function tryOpen(path: string, flags: number, mode: number): number | OpenFailure {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW | O_CLOEXEC, mode)
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

/** An error of the operating system, with its code such as `ENOENT`. */
export function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
