import { describe, expect, test } from 'bun:test'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import type { Images } from '../../src/sandbox/images.ts'
import { openFakeDocker } from '../support/fake-docker.ts'
import { openSandbox, run } from './sandbox.ts'

const IMAGE = { reference: `sha256:${'0'.repeat(64)}`, environment: [] }
const images: Images = { resolve: async () => IMAGE, referenceOf: () => IMAGE.reference, pin: () => undefined }

const TEMPLATES = { wait: { argv: ['sleep', '300'] } }

/** Time that passes fifty times as fast. */
const hurried: Scheduler = {
  after: (delayMs, go) => systemScheduler.after(delayMs / 50, go),
  every: (intervalMs, go) => systemScheduler.every(intervalMs / 50, go),
}

describe('a docker client that dies while its command runs', () => {
  test('ends the run without a result, and takes the container with it', async () => {
    using docker = openFakeDocker('echo begun; kill -KILL $$')
    using sandbox = openSandbox({ engine: docker.engine, images }, TEMPLATES)

    const running = run(sandbox, 'wait')

    await expect(running).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    expect(docker.isRunning()).toBe(false)
  })
})

describe('a docker client that is a script around another', () => {
  test('ends its run where the engine hangs, although the other still holds the output', async () => {
    // Not the last word of its shell, so that the shell does not become it.
    const hang = 'sleep 20; :'
    using docker = openFakeDocker(hang, { kill: hang, scheduler: hurried })
    using sandbox = openSandbox({ engine: docker.engine, images, scheduler: hurried }, TEMPLATES)

    const running = run(sandbox, 'wait')

    await expect(running).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
  })
})
