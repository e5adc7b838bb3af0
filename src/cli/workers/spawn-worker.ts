import type { Environment } from '../../config/environment.ts'
import { withEngineSettings } from '../../config/reexec.ts'
import { ownCommand } from '../own-command.ts'
import type { Configuration, FromSupervisor, FromWorker } from './protocol.ts'

/** A worker process, as its supervisor holds it. */
export interface WorkerProcess {
  readonly pid: number
  /** The exit code; 128 and more for a signal. */
  readonly exited: Promise<number>
  send(message: FromSupervisor): void
  kill(): void
}

/** Tells a process that it is one of so many workers. */
export const WORKERS_VARIABLE = 'LYNKR_WORKER_OF'

export interface WorkerOptions {
  /** Of how many it is one. */
  readonly workers: number
  readonly configuration: Configuration
  /** Whatever the configuration says of the address. */
  readonly host: string
  readonly port: number
}

/**
 * Starts this executable once more, as one of so many workers at one address, with a channel between both. What is sent
 * to a worker that is gone is lost, which is right: nobody needs it any more.
 */
export function spawnWorker(
  environment: Environment,
  { workers, configuration, host, port }: WorkerOptions,
  onMessage: (message: FromWorker) => void,
): WorkerProcess {
  const variables = {
    ...withEngineSettings(environment),
    HOST: host,
    PORT: `${port}`,
    [WORKERS_VARIABLE]: `${workers}`,
  }
  const child = Bun.spawn(ownCommand('serve'), {
    env: variables,
    stdio: ['ignore', 'inherit', 'inherit'],
    serialization: 'advanced',
    // The other end is this same executable: what comes is what `WorkerLink` sends.
    ipc: (message) => onMessage(message as FromWorker),
  })
  const send = (message: FromSupervisor): void => {
    if (child.exitCode === null && child.signalCode === null) trySend(() => child.send(message))
  }
  send({ type: 'configuration', configuration })
  return {
    pid: child.pid,
    exited: child.exited,
    send,
    kill: () => child.kill('SIGKILL'),
  }
}

/** The channel of a process that is just ending may be closed before its exit is known. */
function trySend(send: () => void): void {
  try {
    send()
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
  }
}
