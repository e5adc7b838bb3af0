import type { ExecutableFormat } from './executable-format.ts'

/** One machine that lynkr is built for. */
export interface ReleaseTarget {
  /** Bun's name for it. */
  readonly bun: string
  /** The file under `dist/`; scripts/install.sh composes the same names. */
  readonly file: string
  readonly format: ExecutableFormat
}

export const RELEASE_TARGETS: readonly ReleaseTarget[] = [
  target('linux-x64', 'elf x64 glibc'),
  target('linux-arm64', 'elf arm64 glibc'),
  target('linux-x64-musl', 'elf x64 musl'),
  target('linux-arm64-musl', 'elf arm64 musl'),
  target('darwin-x64', 'mach-o x64'),
  target('darwin-arm64', 'mach-o arm64'),
  target('windows-x64', 'pe x64', '.exe'),
]

function target(name: string, format: ExecutableFormat, ending = ''): ReleaseTarget {
  return { bun: `bun-${name}`, file: `lynkr-${name}${ending}`, format }
}
