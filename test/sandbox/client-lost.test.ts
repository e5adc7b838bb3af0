import { describe, expect, test } from 'bun:test'
import { type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import type { SettledRun } from '../../src/sandbox/commands.ts'
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

describe('a docker client that is gone, and left another behind that holds the output', () => {
  test.each([
    ['was killed', 'sleep 20 & kill -KILL $$'],
    ['ended', 'sleep 20 & exit 0'],
  ])(
    'is held to the time limit: %s',
    async (_, words) => {
      using docker = openFakeDocker(words, { scheduler: hurried })
      using sandbox = openSandbox({ engine: docker.engine, images, scheduler: hurried }, TEMPLATES)

      expect(await run(sandbox, 'wait')).toMatchObject({ ending: 'timeout', exitCode: null })
      expect(docker.isRunning()).toBe(false)
    },
    15_000,
  )
})

test('what an engine says of a run that it refuses is told to the log, and not to the caller', async () => {
  const settled: SettledRun[] = []
  const words = 'docker: Error response from daemon: unknown runtime of /srv/host'
  using docker = openFakeDocker(`echo '${words}' >&2; rm "$container"; exit 125`)
  const observer = { started: () => undefined, settled: (run: SettledRun) => void settled.push(run) }
  using sandbox = openSandbox({ engine: docker.engine, images, observer }, TEMPLATES)

  const refused = await run(sandbox, 'wait').catch((thrown: unknown) => thrown)

  expect(refused).toMatchObject({ kind: 'sandbox_unavailable' })
  expect(String(refused)).not.toContain('/srv/host')
  expect(settled[0]?.words).toBe(`${words}\n`)
})

describe('a warning of the docker client', () => {
  const warning = 'WARNING: the image is for another platform'

  test('does not make its error the output of a command', async () => {
    const words = `echo '${warning}' >&2; echo 'docker: no such runtime in /srv/host' >&2`
    using docker = openFakeDocker(`${words}; rm "$container"; exit 127`)
    using sandbox = openSandbox({ engine: docker.engine, images }, TEMPLATES)

    await expect(run(sandbox, 'wait')).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
  })

  test.each([
    ['nothing', ''],
    ['a word that begins alike', 'docked\n'],
    ['half of another', 'WARN'],
    ['a long line', `${'x'.repeat(5_000)}\n`],
  ])('goes through where %s follows', async (_, text) => {
    using docker = openFakeDocker(`printf '%s\\n%s' '${warning}' '${text}' >&2; rm "$container"; exit 3`)
    using sandbox = openSandbox({ engine: docker.engine, images }, TEMPLATES)

    expect(await run(sandbox, 'wait')).toMatchObject({ exitCode: 3, stderr: `${warning}\n${text}` })
  })
})
