/** Where Debian keeps programs that are not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'].join(':')

/** @returns the program's path, looked up on PATH and in the system folders; null if it is not installed */
export function findProgram(name: string): string | null {
  return Bun.which(name) ?? Bun.which(name, { PATH: SYSTEM_FOLDERS })
}

/**
 * Makes sure that programs are installed: as root on Debian what is missing comes from `apt-get`, elsewhere it is
 * left to the user.
 *
 * @param programs names that must be found, such as `redis-server`
 * @param packages Debian packages that bring them
 * @returns the programs' paths in the order asked
 * @throws Error naming the packages to install where that cannot be done from here
 */
export async function installPrograms(
  programs: readonly string[],
  packages: readonly string[],
): Promise<readonly string[]> {
  if (programs.some((name) => findProgram(name) === null)) await install(packages)
  return programs.map((name) => {
    const path = findProgram(name)
    if (path === null) throw new Error(`${name} is not installed (Debian: apt-get install ${packages.join(' ')})`)
    return path
  })
}

const APT_TIMEOUT_MS = 300_000
/** Another suite may be installing at the same moment. */
const LOCK = ['-o', 'DPkg::Lock::Timeout=120']

async function install(packages: readonly string[]): Promise<void> {
  const apt = findProgram('apt-get')
  if (apt === null || packages.length === 0 || process.getuid?.() !== 0) return
  await run([apt, ...LOCK, 'update', '-qq'])
  await run([apt, ...LOCK, 'install', '-y', '-qq', '--no-install-recommends', ...packages])
}

async function run(command: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = Bun.spawn(command, { env, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', timeout: APT_TIMEOUT_MS })
  const complaint = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}: ${complaint.trim().slice(-300)}`)
}
