import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { findContainers } from '../../src/sandbox/remove-container.ts'
import { thisOwner } from '../../src/sandbox/sweep.ts'
import { openTestEngine, type TestEngine } from '../support/docker.ts'
import { type RelayedEngine, relayEngine } from '../support/engine-relay.ts'
import { eventually } from '../support/eventually.ts'
import { openSandbox, run, type TestSandbox } from './sandbox.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()

/** A second passes in a twentieth of one, so that the ten for which an answer is awaited need not be. */
const hurried = { ...systemScheduler, after: (ms: number, go: () => void) => systemScheduler.after(ms / 20, go) }

const TEMPLATES = { wait: { argv: ['sleep', '300'], limits: { timeoutMs: 60_000 } } }

if (docker !== null) {
  describe('an engine that is lost while a command runs', () => {
    test.each(['stop', 'hang'] as const)('(%s) ends the run; the container goes once it is back', async (loss) => {
      await withRelay(docker, async (relay, sandbox) => {
        const running = run(sandbox, 'wait').then(
          (result) => result.ending,
          (thrown: unknown) => thrown,
        )
        await eventually(async () => (await containersOf(docker, sandbox)) === 1)

        relay[loss]()
        const ending = await running

        expect(ending).toMatchObject({ kind: 'sandbox_unavailable' })
        expect(await containersOf(docker, sandbox)).toBe(1)
        relay.recover()
        await eventually(async () => (await containersOf(docker, sandbox)) === 0)
      })
    })

    test.each(['stop', 'hang'] as const)(
      '(%s) refuses the next run, and the host is not asked instead',
      async (loss) => {
        await withRelay(docker, async (relay, sandbox) => {
          relay[loss]()

          await expect(run(sandbox, 'wait')).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
        })
      },
    )
  })
}

async function withRelay(
  { engine, images }: TestEngine,
  use: (relay: RelayedEngine, sandbox: TestSandbox) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-relay-'))
  try {
    using relay = await relayEngine({ ...engine, scheduler: hurried }, folder)
    using sandbox = openSandbox({ engine: relay.engine, images, scheduler: hurried }, TEMPLATES)
    await use(relay, sandbox)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function containersOf({ engine }: TestEngine, { folder }: TestSandbox): Promise<number> {
  const { installation } = thisOwner(join(folder, 'data'), 'test')
  const filters = [`label=io.lynkr.installation=${installation}`, 'status=running']
  return (await findContainers(engine, filters)).length
}
