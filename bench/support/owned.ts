import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerOptions, type ServerProcess, startServer } from '../../test/support/server-process.ts'

/** What this process has started and not yet seen end, by process id. */
const running = new Set<number>()
const folders: string[] = []

/**
 * Ends and removes what this process has made, whatever ends it: an exit, a signal, an error. A SIGKILL leaves its
 * folders; its processes end with it where the system has `setpriv`.
 */
export function ownWhatIsStarted(): void {
  process.on('exit', () => {
    for (const pid of running) end(pid)
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
}

/** A folder of its own under the system's, gone when this process is. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-bench-'))
  folders.push(folder)
  return folder
}

/** `startServer` of a process that does not outlive this one. */
export async function startOwned(
  command: readonly string[],
  options: ServerOptions,
  processor?: 0 | 1,
): Promise<ServerProcess> {
  const server = await startServer(bound(command, processor), options)
  own(server.pid, server.exited)
  return server
}

/** Has a process ended with this one. */
export function own(pid: number, exited: Promise<unknown>): void {
  running.add(pid)
  void exited.finally(() => running.delete(pid))
}

/**
 * The command as one that ends when its parent does, on one processor: proxies have the first to themselves, generator
 * and upstream share the other. Where there is one processor, or a program is missing, it is less than that.
 */
export function bound(command: readonly string[], processor?: 0 | 1): readonly string[] {
  const pinned =
    processor !== undefined && navigator.hardwareConcurrency >= 2 && Bun.which('taskset') !== null
      ? ['taskset', '-c', `${processor}`, ...command]
      : command
  return Bun.which('setpriv') === null ? pinned : ['setpriv', '--pdeathsig', 'KILL', '--', ...pinned]
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    // It may end between the look and the signal.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}
