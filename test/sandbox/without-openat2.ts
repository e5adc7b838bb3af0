import { dlopen, FFIType, ptr } from 'bun:ffi'

/** Preloaded, makes this process one on a kernel before 5.6: `openat2` is not implemented. Linux only. */
const PR_SET_NO_NEW_PRIVS = 38
const SYS_SECCOMP = process.arch === 'arm64' ? 277 : 317
const SET_MODE_FILTER = 1
const ALL_THREADS = 1
const OPENAT2 = 437
const ENOSYS = 38

const { symbols } = dlopen('libc.so.6', {
  prctl: { args: [FFIType.i32, FFIType.i64, FFIType.i64, FFIType.i64, FFIType.i64], returns: FFIType.i32 },
  syscall: { args: [FFIType.i64, FFIType.i64, FFIType.i64, FFIType.ptr], returns: FFIType.i64 },
})

/** Instructions of a packet filter: code, steps if true, steps if false, value. */
const filter = Buffer.alloc(4 * 8)
const instructions = [
  [0x20, 0, 0, 0],
  [0x15, 0, 1, OPENAT2],
  [0x06, 0, 0, 0x0005_0000 | ENOSYS],
  [0x06, 0, 0, 0x7fff_0000],
] as const
for (const [i, [code, yes, no, value]] of instructions.entries()) {
  filter.writeUInt16LE(code, i * 8)
  filter.writeUInt8(yes, i * 8 + 2)
  filter.writeUInt8(no, i * 8 + 3)
  filter.writeUInt32LE(value, i * 8 + 4)
}
const program = Buffer.alloc(16)
program.writeUInt16LE(instructions.length, 0)
program.writeBigUInt64LE(BigInt(ptr(filter)), 8)

symbols.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
const failed = symbols.syscall(SYS_SECCOMP, SET_MODE_FILTER, ALL_THREADS, ptr(program))
if (Number(failed) !== 0) throw new Error('the system call filter was not taken')
