import { startSimulator } from '../simulator/simulator.ts'
import { onShutdownSignal } from './shutdown.ts'

export interface SimulateOptions {
  readonly port: number
  readonly host: string
  readonly seed: number
  readonly record: boolean
  readonly strict: boolean
}

/** Runs the simulator by itself until it is told to stop. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const { port, host, seed, record, strict } = options
  const simulator = await startSimulator({ port, hostname: host, seed, record, strict })
  process.stderr.write(`lynkr simulator listens on ${simulator.url}\n`)
  await onShutdownSignal()
  await simulator.stop()
  return 0
}
