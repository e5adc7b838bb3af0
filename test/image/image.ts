import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_IMAGE } from '../../src/sandbox/images.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { startHaproxy } from '../restarts/haproxy.ts'
import { newTally, offer } from '../restarts/load.ts'
import { openTestEngine } from '../support/docker.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { UNHURRIED, WORKERS } from '../support/server-process.ts'
import { build, LOCAL, makeLocalImages, must } from './local-images.ts'

/**
 * `bun run test:image`: the Dockerfile as it stands, built by the legacy builder without a network upon images made from
 * this machine's Debian packages. Not among the tests that `bun test` finds, for it takes half a minute.
 * `LYNKR_IMAGE_ARCHIVE` names a file that gets the image, for `bun run test:first-answer`.
 */
setDefaultTimeout(300_000)

const opened = await openTestEngine()
if (opened === null) throw new Error('the image needs a docker engine: install docker.io and busybox-static')
const { engine } = opened

const BYTES_MAX = 155_000_000
const KEY = 'a-key-for-clients-0123456789'
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
const ARGS = Object.entries(LOCAL).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`])

/** Containers of this run share the simulator's network, which has nothing but a loopback interface. */
const NETWORK = ['--network', 'container:lynkr-test-simulator']

/** Behind a balancer, on the machine's own loopback. */
const PAIR = ['lynkr-test-a', 'lynkr-test-b'] as const

beforeAll(async () => {
  await makeLocalImages(engine)
  await build(engine, 'lynkr-test:lynkr', ['.', ...ARGS, '--build-arg', 'COMMIT=0123456789ab'])
  const simulator = ['--name', 'lynkr-test-simulator', '--network', 'none', ...HARDENED]
  await must(engine, ['run', '--detach', ...simulator, 'lynkr-test:lynkr', 'simulate', '--port', '9000'])
})

afterAll(async () => {
  const archive = process.env.LYNKR_IMAGE_ARCHIVE
  if (archive !== undefined) await must(engine, ['save', '--output', archive, 'lynkr-test:lynkr'])
  await engine.ask(['rm', '--force', '--volumes', 'lynkr-test-simulator', 'lynkr-test-proxy', ...PAIR])
})

describe('the image', () => {
  test('is small, has no root, and says how it is asked for its health', async () => {
    const [image] = JSON.parse(await must(engine, ['image', 'inspect', 'lynkr-test:lynkr']))

    console.log(`image: ${(image.Size / 1e6).toFixed(1)} MB, upon a base without OpenSSL and time zones`)
    expect(image.Size).toBeLessThan(BYTES_MAX)
    expect(image.Config.User).toBe('65532:65532')
    expect(image.Config.Healthcheck.Test).toEqual(['CMD', '/usr/bin/lynkr', 'healthcheck'])
    expect(image.Config.Entrypoint).toEqual(['/usr/bin/lynkr'])
  })

  test('names version and commit', async () => {
    const said = await must(engine, ['run', '--rm', '--network', 'none', ...HARDENED, 'lynkr-test:lynkr', '--version'])

    expect(said).toContain('0123456789ab')
  })

  test('does not open itself to others without keys', async () => {
    const { exitCode, stderr } = await engine.ask(['run', '--rm', '--network', 'none', 'lynkr-test:lynkr'])

    expect(exitCode).toBe(2)
    expect(stderr).toContain('LYNKR_API_KEYS')
  })

  test('serves read-only, without root or capabilities, becomes healthy, answers, drains and stops with 0', async () => {
    const environment = {
      LYNKR_API_KEYS: KEY,
      CUSTOM_API_BASE: 'http://127.0.0.1:9000',
      CUSTOM_API_KEY: 'simulator',
      ...UNHURRIED,
      ...WORKERS,
    }
    const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const flags = ['--name', 'lynkr-test-proxy', '--health-interval', '1s', ...NETWORK, ...HARDENED]
    await must(engine, ['run', '--detach', ...flags, ...variables, 'lynkr-test:lynkr'])

    await becomesHealthy('lynkr-test-proxy')
    const answer = await post('/v1/messages')
    const drained = await must(engine, ['exec', 'lynkr-test-proxy', '/usr/bin/lynkr', 'drain', '--wait', '60'])
    await must(engine, ['stop', '--time', '45', 'lynkr-test-proxy'])
    const [container] = JSON.parse(await must(engine, ['inspect', 'lynkr-test-proxy']))

    expect(answer).toContain('"stop_reason":"end_turn"')
    expect(drained).toContain('not ready any more')
    expect(container.State.ExitCode).toBe(0)
  })
})

test('docker stop and start under load fail no request and cut no stream', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-image-'))
  const simulator = await startSimulator({ record: false })
  simulator.setDefault(
    { match: { text: 'stream' }, blocks: [{ text: 'word '.repeat(32) }], chunkChars: 10, delayMs: 200 },
    { blocks: [{ text: 'short' }] },
  )
  const [front, ...ports] = [await freePort(), await freePort(), await freePort()] as const
  await Promise.all(PAIR.map((name, i) => runOnLoopback(name, ports[i] ?? 0, simulator.url)))
  const haproxy = await startHaproxy({ folder, front, ports })
  const tally = newTally()
  const load = offer(`http://127.0.0.1:${front}`, { streams: 20, perSecond: 20 }, tally)

  const exits: number[] = []
  for (const [i, name] of PAIR.entries()) {
    await must(engine, ['stop', '--time', '45', name])
    exits.push(Number(await must(engine, ['inspect', '--format', '{{.State.ExitCode}}', name])))
    await must(engine, ['start', name])
    await becomesReady(ports[i] ?? 0)
    await haproxy.untilUp(i)
  }
  await load.stop()
  haproxy.kill()
  await simulator.stop()
  rmSync(folder, { recursive: true })

  const { finished, failed, truncated, reasons } = tally
  expect({ hasServed: finished > 0, failed, truncated, reasons, exits }).toEqual({
    hasServed: true,
    failed: 0,
    truncated: 0,
    reasons: new Map(),
    exits: [0, 0],
  })
})

test('the target sandbox adds a docker client, and its warning', async () => {
  await build(engine, 'lynkr-test:sandbox', ['.', '--target', 'sandbox', ...ARGS, '--build-arg', 'COMMIT=0123456789ab'])

  const client = ['--entrypoint', '/usr/bin/docker', 'lynkr-test:sandbox', '--version']
  const said = await must(engine, ['run', '--rm', '--network', 'none', ...HARDENED, ...client])
  const warning = await must(engine, [
    'inspect',
    '--format',
    '{{index .Config.Labels "lynkr.warning"}}',
    'lynkr-test:sandbox',
  ])

  expect(said).toStartWith('Docker version')
  expect(warning).toContain('root on the host')
})

/** As `docker run -p 127.0.0.1:…` would show it, which a machine without packet filters cannot. */
async function runOnLoopback(name: string, port: number, upstream: string): Promise<void> {
  const variables = {
    HOST: '127.0.0.1',
    PORT: `${port}`,
    CUSTOM_API_BASE: upstream,
    CUSTOM_API_KEY: 'simulator',
    ...UNHURRIED,
    ...WORKERS,
  }
  const environment = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  const flags = ['--name', name, '--network', 'host', '--no-healthcheck', ...HARDENED]
  await must(engine, ['run', '--detach', ...flags, ...environment, 'lynkr-test:lynkr'])
  await becomesReady(port)
}

async function becomesReady(port: number): Promise<void> {
  await eventually(
    async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch((): null => null))?.ok === true,
  )
}

/** Resolves when the engine finds it healthy; where everything is slow it may have been found otherwise before. */
async function becomesHealthy(container: string): Promise<void> {
  await eventually(
    async () => (await must(engine, ['inspect', '--format', '{{.State.Health.Status}}', container])) === 'healthy',
  )
}

/** A message from a container of its own, for the image has nothing to send one with. */
function post(path: string): Promise<string> {
  const headers = [`authorization: Bearer ${KEY}`, 'content-type: application/json', 'anthropic-version: 2023-06-01']
  const body = JSON.stringify({ model: 'claude-x', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] })
  const request = ['-q', '-O', '-', ...headers.flatMap((header) => ['--header', header]), '--post-data', body]
  const url = `http://127.0.0.1:8080${path}`
  return must(engine, ['run', '--rm', ...NETWORK, DEFAULT_IMAGE, '/bin/busybox', 'wget', ...request, url])
}
