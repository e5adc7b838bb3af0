import type { Scheduler } from '../core/clock.ts'
import type { Environment } from './environment.ts'

/**
 * What lynkr runs with, each read once by Bun, its engine or its allocator when a process starts; a value that the
 * operator set wins.
 *
 * - Bun's own limit of concurrent `fetch` calls is 256, and would queue everything beyond; ours is more than the
 *   descriptors most systems give a process.
 * - A request is many short calls into native code. The engine's last compiler makes none of them faster, and what it
 *   costs is a fifth of the first 25,000 requests.
 * - Memory that was free for a tenth of a second goes back to the system, and whoever needs it then waits for every
 *   page: several per request. After five seconds (in ms) it still goes back to a process that rests.
 * - A thread that touches fresh memory ahead takes new pages where old ones would do.
 * - Bun believes the authorities that it brings along; those that a company gives its machines are believed besides.
 */
const ENGINE_SETTINGS = {
  BUN_CONFIG_MAX_HTTP_REQUESTS: '32768',
  BUN_JSC_useFTLJIT: '0',
  BUN_JSC_useWarmUpMarkedBlocks: '0',
  MIMALLOC_PURGE_DELAY: '5000',
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: '5000',
  NODE_USE_SYSTEM_CA: '1',
} as const

/**
 * If one of the settings is not in the environment, the process replaces itself by itself with all of them: same process
 * id, same arguments, a sixth of a start. Returns if nothing is to do, or where the system cannot.
 */
export function reexecWithEngineSettings(environment: Environment): void {
  if (Object.keys(ENGINE_SETTINGS).every((name) => environment[name] !== undefined)) return
  if (process.platform === 'win32' || process.execve === undefined) return
  const isCompiled = Bun.main.startsWith('/$bunfs/')
  const own = isCompiled ? process.argv.slice(2) : [...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.execPath, ...own], withEngineSettings(environment))
}

/** The environment for a process of lynkr that is yet to be started, and then need not replace itself. */
export function withEngineSettings(environment: Environment): Record<string, string> {
  const all: Environment = { ...ENGINE_SETTINGS, ...environment }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** How much later the engine compiles what it runs while lynkr starts: almost all of it runs once. */
const START_RELUCTANCE = 16

/** For a start. */
export function compileLater(): void {
  Bun.unsafe.setJITPolicy(START_RELUCTANCE)
}

/** For what runs on; a little later, as the first request runs much for the first time, too. */
export function compileAsUsual(scheduler: Scheduler): void {
  scheduler.after(COMPILE_AFTER_MS, () => Bun.unsafe.setJITPolicy(1))
}

const COMPILE_AFTER_MS = 500
