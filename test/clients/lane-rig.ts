import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

/** lynkr as users start it, before the simulator. */
export interface LaneRig {
  readonly simulator: Simulator
  readonly lynkr: ServerProcess
}

/**
 * Starts both for as long as the work takes.
 *
 * @param env what makes a lane of them, given the simulator's address
 */
export async function withLane(
  env: (simulatorUrl: string) => Readonly<Record<string, string>>,
  work: (rig: LaneRig) => Promise<void>,
): Promise<void> {
  const simulator = await startSimulator()
  const state = mkdtempSync(join(tmpdir(), 'lynkr-clients-'))
  const port = await freePort()
  const started = { HOME: state, LYNKR_DATA_DIR: state, PORT: `${port}`, ...env(simulator.url) }
  const lynkr = await startServer([...lynkrCommand(), 'serve'], { port, env: started, readyPath: '/health/live' })
  try {
    await work({ simulator, lynkr })
  } finally {
    await lynkr.stop()
    await simulator.stop()
    rmSync(state, { recursive: true, force: true })
  }
}
