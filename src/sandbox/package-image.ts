import { existsSync, lstatSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BUILD_MS_MAX, buildFailed, inFolder, pinByName } from './build-image.ts'
import type { Engine } from './engine.ts'
import type { Images } from './images.ts'

/**
 * Makes an image from Debian packages that are installed on this machine, with all they depend on, without a pull, and
 * pins its id under `name`. Documentation and locales are left out.
 *
 * @returns the image's id. Throws `sandbox_unavailable`, naming what failed.
 */
export async function buildImageFromPackages(
  engine: Engine,
  images: Images,
  name: string,
  packages: readonly string[],
): Promise<string> {
  const closure = await dependenciesOf(engine, packages)
  const listing = await host(engine, ['dpkg', '--listfiles', ...closure])
  const files = imagePaths(listing.split('\n'))
  return inFolder(async (folder) => {
    const list = join(folder, 'files')
    const archive = join(folder, 'image.tar')
    writeFileSync(list, files.join('\0'))
    await host(engine, ['tar', '-C', '/', '--null', '--no-recursion', '-cf', archive, '-T', list])
    const answer = await engine.ask(['import', archive, name], { timeoutMs: BUILD_MS_MAX })
    if (answer.exitCode !== 0) throw buildFailed(`the image ${name} cannot be imported`, answer.stderr)
    return pinByName(engine, images, name)
  })
}

/** Where Debian has links to folders below /usr. Packages may name their files through them. */
const MERGED = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin']

/** Paths for the archive, without their first slash, each by the real name of its folder. */
function imagePaths(listed: readonly string[]): string[] {
  const folders = new Map<string, string>()
  const real = (folder: string): string => {
    const known = folders.get(folder) ?? realpathSync(folder)
    folders.set(folder, known)
    return known
  }
  const paths = listed
    .filter((path) => path.startsWith('/') && path !== '/.' && !LEFT_OUT.test(path) && existsSync(dirname(path)))
    .map((path) => join(real(dirname(path)), basename(path)).slice(1))
  // A container's /tmp takes its permissions from the image's.
  return [...new Set(['tmp', ...MERGED, ...paths])].filter(isThere)
}

function isThere(path: string): boolean {
  return lstatSync(`/${path}`, { throwIfNoEntry: false }) !== undefined
}

const LEFT_OUT = /^\/usr\/share\/(?:doc|man|info|locale|lintian|bug)(?:\/|$)/

/** The packages and everything they depend on, as far as it is installed here. */
async function dependenciesOf(engine: Engine, packages: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  let wanted = [...packages]
  while (wanted.length > 0) {
    for (const name of wanted) found.add(name)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
    const format = '${Depends}, ${Pre-Depends}\\n'
    const text = await host(engine, ['dpkg-query', '--show', '--showformat', format, ...wanted])
    const names = text.split(/[,|\n]/).map((part) => part.trim().split(/[ :(]/)[0] ?? '')
    const isNew = (name: string): boolean => /^[a-z0-9][a-z0-9+.-]+$/.test(name) && !found.has(name)
    wanted = await installed(engine, [...new Set(names.filter(isNew))])
  }
  return [...found]
}

async function installed(engine: Engine, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
  const format = '${Package} ${db:Status-Abbrev}\\n'
  const text = await host(engine, ['dpkg-query', '--show', '--showformat', format, ...names], [0, 1])
  return text.split('\n').flatMap((line) => (/ ii/.test(line) ? [line.split(' ')[0] ?? ''] : []))
}

/** A tool of the operator's own machine, for building only; never on behalf of a caller. */
async function host(engine: Engine, argv: readonly string[], accepted: readonly number[] = [0]): Promise<string> {
  const child = Bun.spawn([...argv], { env: { ...engine.environment, LC_ALL: 'C' }, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  if (!accepted.includes(exitCode)) throw buildFailed(`${argv[0]} failed`, stderr)
  return stdout
}
