import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const INSTALL_TIMEOUT_MS = 300_000
const VERSION_TIMEOUT_MS = 60_000

/** A client as it is published, pinned. */
export interface ClientPackage {
  readonly name: string
  readonly version: string
  /** Name of its program. */
  readonly program: string
}

/**
 * Installs a client into the user's cache folder, once.
 *
 * @returns path of its executable
 * @throws Error if it does not install, or is not the pinned version
 */
export function installClient({ name, version, program }: ClientPackage): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'lynkr', 'clients', `${name.replace(/^.*\//, '')}-${version}`)
  const executable = join(folder, 'node_modules', '.bin', program)
  if (existsSync(executable) && hasVersion(executable, version)) return executable
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  const install = Bun.spawnSync([process.execPath, 'add', '--exact', '--trust', '--silent', `${name}@${version}`], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: INSTALL_TIMEOUT_MS,
  })
  if (!install.success || !hasVersion(executable, version)) throw new Error(`${name}@${version} did not install`)
  return executable
}

function hasVersion(executable: string, version: string): boolean {
  const home = mkdtempSync(join(tmpdir(), 'lynkr-client-'))
  const told = Bun.spawnSync([executable, '--version'], { env: bareEnv(home), timeout: VERSION_TIMEOUT_MS })
  rmSync(home, { recursive: true, force: true })
  return told.stdout.toString().split(/\s+/).includes(version)
}

/** What a client sees of the environment that it is tested in, with a home of its own. */
export function bareEnv(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', HOME: home, TMPDIR: home }
}
