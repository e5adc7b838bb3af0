import type { Environment } from '../../config/environment.ts'
import { type Channel, openWorkerLink, type WorkerLink } from './link.ts'
import type { FromSupervisor } from './protocol.ts'
import { WORKERS_VARIABLE } from './spawn-worker.ts'

/** The link of this process to its supervisor; `null` if it is not a worker. */
export function ownLink(environment: Environment): WorkerLink | null {
  const workers = Number(environment[WORKERS_VARIABLE])
  if (!Number.isInteger(workers) || workers < 1 || process.send === undefined) return null
  return openWorkerLink(processChannel(process.send.bind(process)), workers)
}

function processChannel(send: (message: unknown) => unknown): Channel {
  return {
    send(message) {
      if (process.connected) send(message)
    },
    // The other end is this same executable: what comes is what the crew sends.
    onMessage: (listen) => void process.on('message', (message) => listen(message as FromSupervisor)),
    onGone: (run) => void process.on('disconnect', run),
  }
}
