import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { clientEnvironment } from '../../src/cli/configured-sandbox.ts'
import { withEngineSettings } from '../../src/config/reexec.ts'
import { freePort, lynkrCommand, type ServerProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(180_000)

const home = mkdtempSync(`${tmpdir()}/lynkr-engine-`)
afterAll(() => rmSync(home, { recursive: true }))

const SETTINGS = {
  BUN_CONFIG_MAX_HTTP_REQUESTS: '32768',
  BUN_JSC_useFTLJIT: '0',
  BUN_JSC_useWarmUpMarkedBlocks: '0',
  MIMALLOC_PURGE_DELAY: '5000',
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: '5000',
  NODE_USE_SYSTEM_CA: '1',
}

async function serve(env: Record<string, string>): Promise<ServerProcess> {
  const port = await freePort()
  return startServer([...lynkrCommand(), 'serve'], {
    port,
    env: { HOME: home, PORT: String(port), GRACEFUL_SHUTDOWN_TIMEOUT: '600', LYNKR_WORKERS: '1', ...env },
    readyPath: '/health/live',
  })
}

/** What a process was started with, of the variables that the engine reads. */
function engineSettings(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  return Object.fromEntries(
    lines.filter((line) => /^(BUN|MIMALLOC|NODE_USE)_/.test(line)).map((line) => line.split('=')),
  )
}

function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

test('serve runs with every engine setting, under the process id that was started', async () => {
  const server = await serve({})

  expect(engineSettings(server.pid)).toEqual(SETTINGS)
  await server.stop()
})

test('a setting of the operator wins, and the others are still made', async () => {
  const server = await serve({ BUN_JSC_useFTLJIT: '1' })

  expect(engineSettings(server.pid)).toEqual({ ...SETTINGS, BUN_JSC_useFTLJIT: '1' })
  await server.stop()
})

test('every worker runs with them, and with the operator’s', async () => {
  const server = await serve({ LYNKR_WORKERS: '2', BUN_CONFIG_MAX_HTTP_REQUESTS: '300' })

  const workers = children(server.pid)

  const settings = { ...SETTINGS, BUN_CONFIG_MAX_HTTP_REQUESTS: '300' }
  expect(workers.map(engineSettings)).toEqual([settings, settings])
  await server.stop()
})

test('the container client that lynkr starts gets none of them', () => {
  const environment = clientEnvironment(withEngineSettings({ PATH: '/bin', DOCKER_HOST: 'tcp://engine' }))

  expect(environment).toEqual({ PATH: '/bin', DOCKER_HOST: 'tcp://engine' })
})
