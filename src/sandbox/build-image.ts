import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, unavailable } from './engine.ts'
import { DEFAULT_IMAGE, type Images } from './images.ts'

/** Longest build, ms. The default image takes one second, a large one from packages half a minute. */
const BUILD_MS_MAX = 300_000

/** Where Debian's `busybox-static` puts it. */
export const BUSYBOX = '/bin/busybox'

/**
 * Makes the default image from a static busybox, from scratch and without a pull, and pins its id.
 *
 * @param busybox path of a statically linked busybox on this machine
 * @returns the image's id. Throws `sandbox_unavailable` with what to do.
 */
export async function buildDefaultImage(engine: Engine, images: Images, busybox = BUSYBOX): Promise<string> {
  return inFolder(async (folder) => {
    copyBusybox(busybox, join(folder, 'busybox'))
    writeFileSync(join(folder, 'passwd'), 'nobody:x:65534:65534:nobody:/tmp:/bin/false\n')
    writeFileSync(join(folder, 'group'), 'nogroup:x:65534:\n')
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
    // The legacy builder is named by the client's environment; both builders accept this file.
    const answer = await engine.ask(['build', '--quiet', '--network', 'none', '--tag', DEFAULT_IMAGE, folder], {
      timeoutMs: BUILD_MS_MAX,
    })
    if (answer.exitCode !== 0) throw failed('the default image cannot be built', answer.stderr)
    return pinByName(engine, images, DEFAULT_IMAGE)
  })
}

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY passwd group /etc/
RUN ["/bin/busybox", "mkdir", "-p", "/sbin", "/usr/bin", "/usr/sbin", "/workspace"]
RUN ["/bin/busybox", "mkdir", "-m", "1777", "/tmp"]
RUN ["/bin/busybox", "--install", "-s", "/bin"]
USER 65534:65534
`

function copyBusybox(from: string, to: string): void {
  try {
    writeFileSync(to, readFileSync(from), { mode: 0o755 })
  } catch (error) {
    throw unavailable(`there is no static busybox at ${from}: install Debian's busybox-static, or name another`, error)
  }
}

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
  const files = [...new Set(listing.split('\n').filter((path) => path.startsWith('/') && !LEFT_OUT.test(path)))]
  return inFolder(async (folder) => {
    const list = join(folder, 'files')
    const archive = join(folder, 'image.tar')
    writeFileSync(
      list,
      files
        .map((path) => path.slice(1))
        .filter((path) => path !== '' && path !== '.')
        .join('\0'),
    )
    await host(engine, ['tar', '-C', '/', '--null', '--no-recursion', '-cf', archive, '-T', list])
    const answer = await engine.ask(['import', archive, name], { timeoutMs: BUILD_MS_MAX })
    if (answer.exitCode !== 0) throw failed(`the image ${name} cannot be imported`, answer.stderr)
    return pinByName(engine, images, name)
  })
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
  if (!accepted.includes(exitCode)) throw failed(`${argv[0]} failed`, stderr)
  return stdout
}

/** Pins what a name means on the engine now. */
export async function pinByName(engine: Engine, images: Images, name: string): Promise<string> {
  const answer = await engine.ask(['image', 'inspect', '--format', '{{.Id}}', name])
  const id = answer.stdout.trim()
  if (answer.exitCode !== 0 || id === '') throw failed(`there is no image ${name} on this engine`, answer.stderr)
  images.pin(name, id)
  return id
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-image-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function failed(message: string, stderr: string) {
  return unavailable(`${message}: ${stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? ''}`)
}
