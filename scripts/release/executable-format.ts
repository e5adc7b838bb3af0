/** Format, processor and, on Linux, the C library of an executable. */
export type ExecutableFormat =
  | `elf ${'x64' | 'arm64'} ${'glibc' | 'musl'}`
  | `mach-o ${'x64' | 'arm64'}`
  | `pe ${'x64' | 'arm64'}`

const ELF_MAGIC = 0x7f454c46
const MACH_O_64_MAGIC = 0xfeedfacf
const DOS_MAGIC = 0x4d5a
const PE_MAGIC = 0x50450000

const ELF_MACHINES: Readonly<Record<number, 'x64' | 'arm64'>> = { 62: 'x64', 183: 'arm64' }
const MACH_O_CPUS: Readonly<Record<number, 'x64' | 'arm64'>> = { 16777223: 'x64', 16777228: 'arm64' }
const PE_MACHINES: Readonly<Record<number, 'x64' | 'arm64'>> = { 34404: 'x64', 43620: 'arm64' }

const PROGRAM_INTERPRETER = 3

/**
 * Reads from its headers what an executable that cannot run here is.
 *
 * @param bytes the file, or at least its first 4 KiB
 * @returns null for anything but a 64-bit little-endian executable of the three formats
 * @see System V ABI (ELF-64), Apple loader.h (Mach-O), Microsoft PE Format
 */
export function executableFormat(bytes: Uint8Array): ExecutableFormat | null {
  if (bytes.length < 64) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) === ELF_MAGIC) return elfFormat(view, bytes)
  if (view.getUint32(0, true) === MACH_O_64_MAGIC) {
    const cpu = MACH_O_CPUS[view.getUint32(4, true)]
    return cpu === undefined ? null : `mach-o ${cpu}`
  }
  return view.getUint16(0) === DOS_MAGIC ? peFormat(view) : null
}

function elfFormat(view: DataView, bytes: Uint8Array): ExecutableFormat | null {
  const cpu = ELF_MACHINES[view.getUint16(18, true)]
  const headers = Number(view.getBigUint64(32, true))
  const size = view.getUint16(54, true)
  const count = view.getUint16(56, true)
  for (let i = 0; i < count; i++) {
    const at = headers + i * size
    if (at + 40 > view.byteLength) return null
    if (view.getUint32(at, true) !== PROGRAM_INTERPRETER) continue
    const offset = Number(view.getBigUint64(at + 8, true))
    const length = Number(view.getBigUint64(at + 32, true))
    const loader = new TextDecoder().decode(bytes.subarray(offset, offset + length))
    return cpu === undefined ? null : `elf ${cpu} ${loader.includes('ld-musl') ? 'musl' : 'glibc'}`
  }
  return null
}

function peFormat(view: DataView): ExecutableFormat | null {
  const at = view.getUint32(0x3c, true)
  if (at + 6 > view.byteLength || view.getUint32(at) !== PE_MAGIC) return null
  const cpu = PE_MACHINES[view.getUint16(at + 4, true)]
  return cpu === undefined ? null : `pe ${cpu}`
}
