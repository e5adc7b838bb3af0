import { expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dockerRunArgv, type RunPlan } from '../../src/sandbox/docker-argv.ts'
import { requireService } from '../support/services.ts'

const PLAN: RunPlan = {
  runId: '00112233',
  image: `sha256:${'a'.repeat(64)}`,
  imageEnvironment: ['DOCKER_AUTH_CONFIG'],
  argv: ['ls'],
  workspace: null,
  limits: { timeoutMs: 30_000, outputBytes: 1024, memoryMib: 256, cpus: 0.5, pids: 64, tmpMib: 16 },
  processors: 2,
  owner: { installation: 'abc', process: '12.34' },
}

/** The variables with values that a real client asks an engine to give to the container. */
async function askedFor(folder: string): Promise<readonly string[]> {
  const unix = join(folder, 'engine.sock')
  let asked: readonly string[] = []
  using server = Bun.serve({
    unix,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname.endsWith('/_ping'))
        return new Response('OK', { headers: { 'api-version': '1.45', ostype: 'linux' } })
      if (pathname.endsWith('/containers/create')) asked = Object(await request.json()).Env
      return Response.json({ message: 'no more is wanted' }, { status: 500 })
    },
  })
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DOCKER_HOST: `unix://${unix}`,
    DOCKER_AUTH_CONFIG: 'a-credential',
  }
  await Bun.spawn(['docker', ...dockerRunArgv(PLAN)], { env, stdout: 'ignore', stderr: 'ignore' }).exited
  await server.stop(true)
  return asked.filter((variable) => variable.includes('='))
}

const client = await requireService('docker client', async () => Bun.which('docker'))

test.if(client !== null)(
  'a container gets nothing of what the docker client knows: no proxy of its configuration, no credential',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lynkr-client-'))
    mkdirSync(join(folder, '.docker'))
    const proxies = { default: { httpProxy: 'http://ann:password@proxy.example:3128', noProxy: 'inner.example' } }
    writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify({ proxies }))

    const variables = await askedFor(folder)

    rmSync(folder, { recursive: true })
    expect(variables.map((variable) => variable.split('=')[0]).sort()).toEqual([
      'DOCKER_AUTH_CONFIG',
      'HOME',
      'LANG',
      'PATH',
    ])
    expect(variables).toContain('DOCKER_AUTH_CONFIG=')
  },
)
