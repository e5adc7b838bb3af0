import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPathGuard, openRoot } from '../src/sandbox/path-guard.ts'
import { openSandbox, run, type TestSandbox } from '../test/sandbox/sandbox.ts'
import { openTestEngine, type TestEngine } from '../test/support/docker.ts'
import type { Plan } from './plan.ts'
import type { Section } from './support/section.ts'
import { showSpread, spread } from './support/statistics.ts'

const COMMAND = { list: { argv: ['ls', '-1', '--', '{path}'], parameters: { path: { type: 'path', default: '.' } } } }

/** Path checks of which the slowest in a hundred is the figure. */
const CHECKS = 20_000

/** A command in the sandbox against plain `docker run` of the same, in turns; and what its check of a path costs. */
export async function sandboxSection({ starts, deadline }: Plan): Promise<Section | null> {
  const docker = await openTestEngine()
  if (docker === null) return null
  using sandbox = openSandbox(docker, COMMAND)
  const ours: number[] = []
  const plain: number[] = []
  await oursMs(sandbox)
  await plainMs(docker)
  for (let round = 0; round === 0 || (round < starts && !deadline.isOver()); round++) {
    ours.push(await oursMs(sandbox))
    plain.push(await plainMs(docker))
  }
  const guardUs = pathGuardP99Us(sandbox)
  const [cold, bare] = [spread(ours), spread(plain)]
  const ratio = cold.median / bare.median
  return {
    title: 'Commands in the sandbox',
    columns: ['figure', 'measured'],
    rows: [
      ['cold run through lynkr, ms', showSpread(cold, 0)],
      ['plain docker run of the same command, ms', showSpread(bare, 0)],
      ['path guard with the file system, 5 levels deep, p99 µs', guardUs.toFixed(1)],
    ],
    targets: [
      { what: 'cold run against plain docker run', limit: 1.2, measured: ratio, unit: '×', bound: 'at most' },
      { what: 'path guard with the file system, p99', limit: 50, measured: guardUs, unit: 'µs', bound: 'under' },
    ],
    data: { coldMs: cold, plainMs: bare, ratio, guardP99Us: guardUs },
  }
}

async function oursMs(sandbox: TestSandbox): Promise<number> {
  const startMs = performance.now()
  const { stdout } = await run(sandbox, 'list')
  if (stdout !== 'hello.txt\n') throw new Error('the command must list the workspace')
  return performance.now() - startMs
}

/** `docker run --rm` with nothing of the sandbox's flags, by the same client. */
async function plainMs({ engine, images }: TestEngine): Promise<number> {
  const { reference } = await images.resolve(null)
  const startMs = performance.now()
  const { exitCode, stderr } = await engine.ask(['run', '--rm', '--network', 'none', reference, 'ls', '-1', '/'])
  if (exitCode !== 0) throw new Error(stderr)
  return performance.now() - startMs
}

function pathGuardP99Us({ workspace }: TestSandbox): number {
  const guard = createPathGuard()
  mkdirSync(join(workspace, 'a/b/c/d'), { recursive: true })
  writeFileSync(join(workspace, 'a/b/c/d/file.ts'), '')
  using root = openRoot(workspace)
  const took: number[] = []
  for (let i = 0; i < CHECKS; i++) {
    const startNs = Bun.nanoseconds()
    const found = guard.stat(root, 'a/b/c/d/file.ts')
    took.push(Bun.nanoseconds() - startNs)
    if (!found.ok) throw new Error(found.message)
  }
  took.sort((a, b) => a - b)
  return (took[Math.floor(CHECKS * 0.99)] ?? Number.NaN) / 1_000
}
