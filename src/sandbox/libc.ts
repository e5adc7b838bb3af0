import { dlopen, FFIType, ptr, read } from 'bun:ffi'
import { closeSync } from 'node:fs'

/** The few calls of libc that Bun has no function for. Linux with glibc; elsewhere there is no such object. */
export interface Libc {
  /**
   * `openat2(2)`: opens `path` below `folderFd` under resolution rules that the kernel enforces without races.
   *
   * @returns a descriptor ≥ 0, or `-errno`
   */
  openat2(folderFd: number, path: string, how: OpenHow): number
  /** `flock(2)`: waits for the exclusive lock of an open file; the kernel drops it when the descriptor closes. */
  lockExclusive(fd: number): boolean
  /** As `lockExclusive`, without waiting. @returns false if somebody else has it, or the file system knows no locks */
  tryLockExclusive(fd: number): boolean
}

export interface OpenHow {
  readonly flags: number
  readonly mode: number
  readonly resolve: number
}

/** `resolve` bits of `openat2(2)`, from linux/openat2.h. */
export const RESOLVE = { noXdev: 0x01, noMagicLinks: 0x02, noSymlinks: 0x04, beneath: 0x08 } as const

/** Error numbers of Linux that the guard tells apart; the same on x64 and arm64. */
export const ERRNO = {
  ENOENT: 2,
  EACCES: 13,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  ENXIO: 6,
  ELOOP: 40,
  EAGAIN: 11,
} as const

const SYS_OPENAT2 = 437
const LOCK_EX = 2
const LOCK_NB = 4

/** Opens libc, or gives `null` where it cannot be. */
export function tryOpenLibc(): Libc | null {
  if (process.platform !== 'linux') return null
  try {
    return bind()
  } catch (error) {
    // dlopen throws where there is no glibc; any other failure is a bug and must not be hidden.
    if (error instanceof Error && /dlopen|Failed to open library/.test(`${error.name} ${error.message}`)) return null
    throw error
  }
}

/** Whether the kernel has `openat2`: it came with 5.6, and some sandboxes filter it. */
export function hasOpenat2(libc: Libc): boolean {
  const probe = libc.openat2(-100, '.', { flags: 0o10000000, mode: 0, resolve: RESOLVE.noMagicLinks })
  if (probe < 0) return false
  closeSync(probe)
  return true
}

function bind(): Libc {
  const { symbols } = dlopen('libc.so.6', {
    syscall: {
      args: [FFIType.i64_fast, FFIType.i64_fast, FFIType.ptr, FFIType.ptr, FFIType.i64_fast],
      returns: FFIType.i64_fast,
    },
    flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    __errno_location: { args: [], returns: FFIType.ptr },
  })
  const errno = (): number => {
    const address = symbols.__errno_location()
    return typeof address === 'number' ? read.i32(address, 0) : 0
  }
  const encoder = new TextEncoder()
  const how = new BigUint64Array(3)
  const path = new Uint8Array(4097)
  return {
    openat2(folderFd, name, { flags, mode, resolve }) {
      const { written } = encoder.encodeInto(name, path.subarray(0, 4096))
      path[written] = 0
      how[0] = BigInt(flags)
      how[1] = BigInt(mode)
      how[2] = BigInt(resolve)
      const fd = Number(symbols.syscall(SYS_OPENAT2, folderFd, ptr(path), ptr(how), 24))
      return fd >= 0 ? fd : -errno()
    },
    lockExclusive: (fd) => symbols.flock(fd, LOCK_EX) === 0,
    tryLockExclusive: (fd) => symbols.flock(fd, LOCK_EX | LOCK_NB) === 0,
  }
}
