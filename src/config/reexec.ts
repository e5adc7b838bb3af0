import type { Environment } from './environment.ts'

const NAME = 'BUN_CONFIG_MAX_HTTP_REQUESTS'

/** More than the descriptors most systems give a process; Bun's own default of 256 would queue everything beyond. */
const UPSTREAM_REQUESTS_MAX = 32_768

/**
 * Bun reads its limit of concurrent `fetch` calls once, when the process starts. If it is not set, the process replaces
 * itself by itself with the limit set: same process id, same arguments, some milliseconds. Returns if nothing is to do,
 * or where the system cannot.
 */
export function reexecForManyRequests(environment: Environment): void {
  if (environment[NAME] !== undefined || process.platform === 'win32' || process.execve === undefined) return
  const isCompiled = Bun.main.startsWith('/$bunfs/')
  const own = isCompiled ? process.argv.slice(2) : [...process.execArgv, ...process.argv.slice(1)]
  const variables = Object.entries({ ...environment, ...manyRequests(environment) })
  process.execve(
    process.execPath,
    [process.execPath, ...own],
    Object.fromEntries(variables.map(([k, v]) => [k, v ?? ''])),
  )
}

/** The variable for a process that is yet to be started, and then need not replace itself. */
export function manyRequests(environment: Environment): Readonly<Record<string, string>> {
  return { [NAME]: environment[NAME] ?? String(UPSTREAM_REQUESTS_MAX) }
}
