import { join } from 'node:path'
import { freePort } from '../test/support/server-process.ts'
import type { Plan } from './plan.ts'
import { own, scratchFolder } from './support/owned.ts'
import { rssMegabytes } from './support/process-cost.ts'
import type { Section } from './support/section.ts'
import { showSpread, spread } from './support/statistics.ts'

const GIVE_UP_MS = 20_000

/** The compiled executable, built anew: from `spawn` to the first 200, and what it weighs when idle. */
export async function startupSection({ starts: rounds, deadline }: Plan): Promise<Section> {
  const folder = scratchFolder()
  const executable = join(folder, 'lynkr')
  const build = Bun.spawnSync([process.execPath, 'scripts/build.ts', `--outfile=${executable}`])
  if (!build.success) throw new Error(`the build failed: ${build.stderr}`)
  const starts: { readyMs: number; idleMegabytes: number }[] = []
  await start(executable, folder)
  for (let round = 0; round === 0 || (round < rounds && !deadline.isOver()); round++)
    starts.push(await start(executable, folder))
  const ready = spread(starts.map((one) => one.readyMs))
  const idle = spread(starts.map((one) => one.idleMegabytes))
  return {
    title: 'Compiled executable',
    columns: ['figure', 'lynkr'],
    rows: [
      ['start to first 200, ms', showSpread(ready, 0)],
      ['memory when idle, MB', showSpread(idle, 0)],
      ['size, MB', (Bun.file(executable).size / 1e6).toFixed(0)],
    ],
    targets: [
      { what: 'start to first 200', limit: 60, measured: ready.median, unit: 'ms', bound: 'at most' },
      { what: 'memory when idle', limit: 50, measured: idle.median, unit: 'MB', bound: 'at most' },
    ],
    data: { readyMs: ready, idleMegabytes: idle, bytes: Bun.file(executable).size },
  }
}

async function start(executable: string, folder: string): Promise<{ readyMs: number; idleMegabytes: number }> {
  const port = await freePort()
  const env = { HOME: folder, LYNKR_DATA_DIR: folder, PORT: `${port}` }
  const startMs = performance.now()
  const child = Bun.spawn([executable, 'serve'], { env, stdio: ['ignore', 'ignore', 'ignore'] })
  own(child.pid, child.exited)
  try {
    await firstAnswer(port, startMs + GIVE_UP_MS)
    const readyMs = performance.now() - startMs
    return { readyMs, idleMegabytes: rssMegabytes(child.pid) }
  } finally {
    child.kill('SIGTERM')
    await child.exited
  }
}

async function firstAnswer(port: number, deadlineMs: number): Promise<void> {
  while (performance.now() < deadlineMs) {
    const response = await fetch(`http://127.0.0.1:${port}/health/live`).catch(() => null)
    if (response?.status === 200) return
    await Bun.sleep(1)
  }
  throw new Error('the executable did not answer')
}
