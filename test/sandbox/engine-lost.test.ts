import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import { thisOwner } from '../../src/sandbox/owner.ts'
import { findContainers } from '../../src/sandbox/remove-container.ts'
import { openTestEngine, type TestEngine } from '../support/docker.ts'
import { type RelayedEngine, relayEngine } from '../support/engine-relay.ts'
import { eventually } from '../support/eventually.ts'
import { openSandbox, run, type TestSandbox } from './sandbox.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()

/** So much faster time passes while the engine is lost, for nobody wants to wait for the ten seconds of every question. */
const HURRY = 20

const TEMPLATES = { wait: { argv: ['sleep', '300'], limits: { timeoutMs: 60_000 } } }

if (docker !== null) {
  describe('an engine that is lost while a command runs', () => {
    test.each(['stop', 'hang'] as const)('(%s) ends the run; the container goes once it is back', async (loss) => {
      await withRelay(docker, async (relay, sandbox, time) => {
        const running = run(sandbox, 'wait').then(
          (result) => result.ending,
          (thrown: unknown) => thrown,
        )
        await eventually(async () => (await containersOf(docker, sandbox)) === 1)

        relay[loss]()
        time.hurry()
        const ending = await running

        expect(ending).toMatchObject({ kind: 'sandbox_unavailable' })
        expect(await containersOf(docker, sandbox)).toBe(1)
        relay.recover()
        time.calm()
        await eventually(async () => (await containersOf(docker, sandbox)) === 0)
      })
    })

    test.each(['stop', 'hang'] as const)(
      '(%s) refuses the next run, and the host is not asked instead',
      async (loss) => {
        await withRelay(docker, async (relay, sandbox, time) => {
          relay[loss]()
          time.hurry()

          await expect(run(sandbox, 'wait')).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
        })
      },
    )
  })
}

async function withRelay(
  { engine, images }: TestEngine,
  use: (relay: RelayedEngine, sandbox: TestSandbox, time: ReturnType<typeof openTime>) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-relay-'))
  const time = openTime()
  try {
    using relay = await relayEngine({ ...engine, scheduler: time.scheduler }, folder)
    using sandbox = openSandbox({ engine: relay.engine, images, scheduler: time.scheduler }, TEMPLATES)
    await use(relay, sandbox, time)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Time that passes as it does until it is hurried, which timers under way are too: a slow engine is not yet a lost one. */
function openTime() {
  let factor = 1
  const timers = new Set<{ readonly delayMs: number; readonly run: () => void; cancel: () => void }>()
  const scheduler: Scheduler = {
    every: systemScheduler.every,
    after(delayMs, go) {
      const run = (): void => {
        timers.delete(timer)
        go()
      }
      const timer = { delayMs, run, cancel: systemScheduler.after(delayMs / factor, run) }
      timers.add(timer)
      return () => {
        timers.delete(timer)
        timer.cancel()
      }
    },
  }
  return {
    scheduler,
    hurry() {
      factor = HURRY
      for (const timer of timers) {
        timer.cancel()
        timer.cancel = systemScheduler.after(timer.delayMs / factor, timer.run)
      }
    },
    calm() {
      factor = 1
    },
  }
}

async function containersOf({ engine }: TestEngine, { folder }: TestSandbox): Promise<number> {
  const { installation } = thisOwner(join(folder, 'data'))()
  const filters = [`label=io.lynkr.installation=${installation}`, 'status=running']
  return (await findContainers(engine, filters)).length
}
