import { toProxyError } from '../../core/errors.ts'
import { buildDefaultImage } from '../../sandbox/build-image.ts'
import { type DoctorOptions, type DoctorRow, runDoctor } from '../../sandbox/doctor.ts'
import type { Engine } from '../../sandbox/engine.ts'
import { DEFAULT_IMAGE, type Images } from '../../sandbox/images.ts'
import { buildImageFromPackages } from '../../sandbox/package-image.ts'

export interface SandboxBuildOptions {
  readonly engine: Engine
  readonly images: Images
  /** A static busybox for the default image; the default is where Debian puts it. */
  readonly busybox?: string
  /** With `packages`: an image of that name from Debian packages that are installed here, instead of the default one. */
  readonly name?: string
  readonly packages?: readonly string[]
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

/** `lynkr sandbox build`: makes an image without a pull and pins its id. @returns 0, or 1 with a message */
export async function sandboxBuild(options: SandboxBuildOptions): Promise<number> {
  const { engine, images, packages = [], name = DEFAULT_IMAGE } = options
  try {
    if (packages.length > 0 && name === DEFAULT_IMAGE) {
      options.writeError('lynkr sandbox build: an image from packages needs a name of its own\n')
      return 2
    }
    const id =
      packages.length > 0
        ? await buildImageFromPackages(engine, images, name, packages)
        : await buildDefaultImage(engine, images, options.busybox)
    options.writeOut(`${name} is pinned to ${id}\n`)
    return 0
  } catch (thrown) {
    options.writeError(`lynkr sandbox build: ${toProxyError(thrown).message}\n`)
    return 1
  }
}

export interface SandboxDoctorOptions extends DoctorOptions {
  readonly isJson?: boolean
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

/** `lynkr sandbox doctor`: proves each property of the sandbox here and prints a table. @returns 0 if all hold, else 1 */
export async function sandboxDoctor(options: SandboxDoctorOptions): Promise<number> {
  try {
    const rows = await runDoctor(options)
    const ok = rows.every(({ holds }) => holds)
    options.writeOut(
      options.isJson === true ? `${JSON.stringify({ ok, properties: rows }, null, 2)}\n` : doctorTable(rows),
    )
    return ok ? 0 : 1
  } catch (thrown) {
    options.writeError(`lynkr sandbox doctor: ${toProxyError(thrown).message}\n`)
    return 1
  }
}

/** One line a property; what was seen matters where it went wrong. */
export function doctorTable(rows: readonly DoctorRow[]): string {
  const broken = rows.filter(({ holds }) => !holds).length
  const verdict = broken === 0 ? `All ${rows.length} properties hold.` : `${broken} of ${rows.length} do not hold.`
  return ['A command that runs in the sandbox of this machine:', '', ...rows.map(line), '', verdict, ''].join('\n')
}

function line({ property, holds, observed }: DoctorRow): string {
  return holds ? `  ok    ${property}` : `  FAIL  ${property}: ${observed === '' ? 'not so' : observed}`
}
