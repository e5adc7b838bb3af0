import { startSimulator } from '../../src/simulator/simulator.ts'

/** The upstream of every end-to-end row: the simulator without its journal, which would keep each body. */
await startSimulator({ port: Number(process.env.PORT), record: false })
