import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { DEFAULT_IMAGE } from '../../src/sandbox/images.ts'
import { openTestEngine } from '../support/docker.ts'
import { build, LOCAL, makeLocalImages, must } from './local-images.ts'

/**
 * `bun run test:image`: the Dockerfile as it stands, built by the legacy builder without a network upon images made from
 * this machine's Debian packages. Not among the tests that `bun test` finds, for it takes half a minute.
 */
const opened = await openTestEngine()
if (opened === null) throw new Error('the image needs a docker engine: install docker.io and busybox-static')
const { engine } = opened

const BYTES_MAX = 155_000_000
const KEY = 'a-key-for-clients-0123456789'
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
const ARGS = Object.entries(LOCAL).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`])

/** Containers of this run share the simulator's network, which has nothing but a loopback interface. */
const NETWORK = ['--network', 'container:lynkr-test-simulator']

beforeAll(async () => {
  await makeLocalImages(engine)
  await build(engine, 'lynkr-test:lynkr', ['.', ...ARGS, '--build-arg', 'COMMIT=0123456789ab'])
  const simulator = ['--name', 'lynkr-test-simulator', '--network', 'none', ...HARDENED]
  await must(engine, ['run', '--detach', ...simulator, 'lynkr-test:lynkr', 'simulate', '--port', '9000'])
}, 240_000)

afterAll(async () => {
  await engine.ask(['rm', '--force', '--volumes', 'lynkr-test-simulator', 'lynkr-test-proxy'])
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
    const environment = { LYNKR_API_KEYS: KEY, CUSTOM_API_BASE: 'http://127.0.0.1:9000', CUSTOM_API_KEY: 'simulator' }
    const variables = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const flags = ['--name', 'lynkr-test-proxy', '--health-interval', '1s', ...NETWORK, ...HARDENED]
    await must(engine, ['run', '--detach', ...flags, ...variables, 'lynkr-test:lynkr'])

    const health = await healthOf('lynkr-test-proxy')
    const answer = await post('/v1/messages')
    const drained = await must(engine, ['exec', 'lynkr-test-proxy', '/usr/bin/lynkr', 'drain', '--wait', '5'])
    await must(engine, ['stop', '--time', '45', 'lynkr-test-proxy'])
    const [container] = JSON.parse(await must(engine, ['inspect', 'lynkr-test-proxy']))

    expect(health).toBe('healthy')
    expect(answer).toContain('"stop_reason":"end_turn"')
    expect(drained).toContain('not ready any more')
    expect(container.State.ExitCode).toBe(0)
  }, 60_000)
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
}, 120_000)

/** Asks every 100 ms, for at most 15 s, until the engine has made up its mind. */
async function healthOf(container: string): Promise<string> {
  for (let i = 0; i < 150; i++) {
    const status = await must(engine, ['inspect', '--format', '{{.State.Health.Status}}', container])
    if (status !== 'starting') return status
    await Bun.sleep(100)
  }
  return 'starting'
}

/** A message from a container of its own, for the image has nothing to send one with. */
function post(path: string): Promise<string> {
  const headers = [`authorization: Bearer ${KEY}`, 'content-type: application/json', 'anthropic-version: 2023-06-01']
  const body = JSON.stringify({ model: 'claude-x', max_tokens: 64, messages: [{ role: 'user', content: 'hello' }] })
  const request = ['-q', '-O', '-', ...headers.flatMap((header) => ['--header', header]), '--post-data', body]
  const url = `http://127.0.0.1:8080${path}`
  return must(engine, ['run', '--rm', ...NETWORK, DEFAULT_IMAGE, '/bin/busybox', 'wget', ...request, url])
}
