import { describe, expect, test } from 'bun:test'
import type { Images } from '../../src/sandbox/images.ts'
import { openFakeDocker } from '../support/fake-docker.ts'
import { openSandbox, run } from './sandbox.ts'

const IMAGE = { reference: `sha256:${'0'.repeat(64)}`, environment: [] }
const images: Images = { resolve: async () => IMAGE, referenceOf: () => IMAGE.reference, pin: () => undefined }

const TEMPLATES = { wait: { argv: ['sleep', '300'] } }

describe('a docker client that dies while its command runs', () => {
  test('ends the run without a result, and takes the container with it', async () => {
    using docker = openFakeDocker('echo begun; kill -KILL $$')
    using sandbox = openSandbox({ engine: docker.engine, images }, TEMPLATES)

    const running = run(sandbox, 'wait')

    await expect(running).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    expect(docker.isRunning()).toBe(false)
  })
})
