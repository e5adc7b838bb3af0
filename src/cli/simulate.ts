import { type Simulator, startSimulator } from '../simulator/simulator.ts'
import { onShutdownSignal } from './shutdown.ts'
import { listenProblem } from './take-port.ts'

export interface SimulateOptions {
  readonly port: number
  readonly host: string
  readonly seed: number
  readonly record: boolean
  readonly strict: boolean
}

/** Runs the simulator by itself until it is told to stop; 1 if it cannot listen. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const simulator = await tryStart(options)
  if (simulator === null) return 1
  process.stderr.write(`lynkr simulator listens on ${simulator.url}\n`)
  await onShutdownSignal()
  await simulator.stop()
  return 0
}

/** `null` with a sentence at the terminal where it cannot listen. */
async function tryStart({ host, port, seed, record, strict }: SimulateOptions): Promise<Simulator | null> {
  try {
    return await startSimulator({ port, hostname: host, seed, record, strict })
  } catch (thrown) {
    process.stderr.write(`lynkr: ${host}:${port}: ${(await listenProblem(thrown, host)).problem}\n`)
    return null
  }
}
