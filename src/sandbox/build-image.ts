import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, unavailable } from './engine.ts'
import { DEFAULT_IMAGE, type Images } from './images.ts'

/** Longest build, ms. The default image takes one second, a large one from packages half a minute. */
export const BUILD_MS_MAX = 300_000

/** Where Debian's `busybox-static` puts it. */
const BUSYBOX = '/bin/busybox'

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
    if (answer.exitCode !== 0) throw buildFailed('the default image cannot be built', answer.stderr)
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

/** Pins what a name means on the engine now. */
export async function pinByName(engine: Engine, images: Images, name: string): Promise<string> {
  const answer = await engine.ask(['image', 'inspect', '--format', '{{.Id}}', name])
  const id = answer.stdout.trim()
  if (answer.exitCode !== 0 || id === '') throw buildFailed(`there is no image ${name} on this engine`, answer.stderr)
  images.pin(name, id)
  return id
}

/** Works in a folder of its own, which is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-image-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A build that failed, with the last words of who failed. */
export function buildFailed(message: string, stderr: string) {
  return unavailable(`${message}: ${stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? ''}`)
}
