import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { verifyAuditFile } from '../../src/sandbox/audit-log.ts'
import { createEngine } from '../../src/sandbox/engine.ts'
import { openImages } from '../../src/sandbox/images.ts'
import { thisOwner } from '../../src/sandbox/owner.ts'
import { findContainers } from '../../src/sandbox/remove-container.ts'
import { sweepContainers } from '../../src/sandbox/sweep.ts'
import { openTestEngine } from '../support/docker.ts'
import { eventually } from '../support/eventually.ts'
import { openSandbox, run, type TestSandbox } from './sandbox.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()
const runs = Bun.env.LYNKR_TEST_FULL === '1' ? 1000 : 3
/** How often a lynkr is killed in the middle of a run. */
const kills = Array.from({ length: Bun.env.LYNKR_TEST_FULL === '1' ? 50 : 1 }, (_, i) => i + 1)
const path = { type: 'path' }

const TEMPLATES = {
  list: { argv: ['ls', '-a', '--', '{path}'], parameters: { path } },
  read: { argv: ['cat', '--', '{path}'], parameters: { path: { ...path, kind: 'file' } } },
  say: { argv: ['echo', '--', '{text}'], parameters: { text: { type: 'string', max: 4096 } } },
  touch: { argv: ['touch', '--', '{path}'], parameters: { path } },
  sleep: { argv: ['sleep', '300'], limits: { timeoutMs: 800 } },
  wait: { argv: ['sleep', '300'] },
  flood: { argv: ['yes'], limits: { outputBytes: 65_536 } },
  absent: { argv: ['no-such-program'] },
  fails: { argv: ['cat', 'absent'] },
  private: { argv: ['ls'], callers: ['somebody-else'] },
  unpinned: { argv: ['ls'], image: 'never-built' },
  gone: { argv: ['ls'], image: `sha256:${'0'.repeat(64)}` },
}

const calm = new AbortController().signal
const ran: string[] = []

async function left(sandbox: TestSandbox): Promise<string[]> {
  if (docker === null) return []
  const { installation } = thisOwner(join(sandbox.folder, 'data'))()
  return findContainers(docker.engine, [`label=io.lynkr.installation=${installation}`])
}

if (docker !== null) {
  const sandbox = openSandbox({ ...docker, secrets: ['the-key-of-a-provider'] }, TEMPLATES)
  chmodSync(sandbox.workspace, 0o777)
  afterAll(() => sandbox[Symbol.dispose]())

  describe('a command in a real container', () => {
    test('runs, and what it wrote comes back', async () => {
      expect(await run(sandbox, 'read', { path: 'hello.txt' })).toMatchObject({
        ending: 'exited',
        exitCode: 0,
        stdout: 'one\ntwo\nthree\n',
        stderr: '',
      })
    })

    test('fails with its own exit code and words', async () => {
      const result = await run(sandbox, 'fails')

      expect(result.exitCode).toBe(1)
      expect(result.stderr).toContain('absent')
    })

    test('ends with 127 when the image has no such program', async () => {
      expect((await run(sandbox, 'absent')).exitCode).toBe(127)
    })

    test('gets a text as one argument, whatever is in it', async () => {
      const text = '$(id); `id` | cat /etc/passwd && "quotes" \'single\' * ~ \\ --help'

      expect((await run(sandbox, 'say', { text })).stdout).toContain(text)
    })

    test('cannot write to a workspace that is to be read', async () => {
      writeFileSync(join(sandbox.workspace, 'target'), '')

      expect((await run(sandbox, 'touch', { path: 'target' })).stderr).toContain('Read-only file system')
    })

    test('shows no secret of lynkr, even if a file has one', async () => {
      writeFileSync(join(sandbox.workspace, '.env'), `KEY=the-key-of-a-provider\nOTHER=sk-ant-${'x1'.repeat(30)}\n`)

      expect((await run(sandbox, 'read', { path: '.env' })).stdout).toBe('KEY=[redacted]\nOTHER=[redacted]\n')
    })

    test('is killed at its time limit', async () => {
      expect(await run(sandbox, 'sleep')).toMatchObject({ ending: 'timeout', exitCode: null })
      expect(await left(sandbox)).toEqual([])
    })

    test('is killed at its output limit, with all output up to there', async () => {
      const result = await run(sandbox, 'flood')

      expect(result).toMatchObject({ ending: 'output_cap', outputBytes: 65_536 })
      expect(result.stdout.length).toBe(65_536)
      expect(await left(sandbox)).toEqual([])
    })

    test('is killed when its caller goes away, at any moment of the start', async () => {
      for (const delayMs of [0, 60, 300]) {
        const caller = new AbortController()
        systemScheduler.after(delayMs, () => caller.abort())

        expect((await run(sandbox, 'wait', {}, caller.signal)).ending).toBe('cancelled')
        expect(await left(sandbox)).toEqual([])
      }
    })

    test('leaves nothing behind after many runs', async () => {
      const before = readdirSync('/proc/self/fd').length
      for (let i = 0; i < runs; i += 3) {
        await Promise.all([1, 2, 3].map(() => run(sandbox, 'list', { path: '.' })))
      }

      expect(await left(sandbox)).toEqual([])
      await eventually(async () => readdirSync('/proc/self/fd').length <= before + 3)
    }, 600_000)
  })

  describe('a command that is refused', () => {
    test.each([
      ['list', { path: '../..' }, 'path', 'outside_root'],
      ['list', { path: 'link' }, 'path', 'symbolic_link'],
      ['read', { path: 'hard' }, 'path', 'hard_link'],
      ['read', { path: 'absent' }, 'path', 'missing'],
      ['read', { path: '.' }, 'path', 'kind'],
      ['say', { text: 'a\u0000b' }, 'text', 'charset'],
      ['say', {}, 'text', 'required'],
      ['say', { text: 'x', more: 1 }, 'more', 'unknown'],
    ])('%s %j is denied: %s, %s', async (name, values, parameter, rule) => {
      if (!existsSync(join(sandbox.workspace, 'link'))) {
        symlinkSync('/etc', join(sandbox.workspace, 'link'))
        writeFileSync(join(sandbox.folder, 'outside'), 'x')
        linkSync(join(sandbox.folder, 'outside'), join(sandbox.workspace, 'hard'))
      }

      const refused = run(sandbox, name, values)

      await expect(refused).rejects.toMatchObject({
        kind: 'sandbox_denied',
        detail: { path: parameter, facts: { rule } },
      })
      expect(await sandbox.commands.plan({ id: 'x' }, name, values)).toMatchObject({
        verdict: 'deny',
        denial: { parameter, rule },
        engineArgv: [],
      })
    })

    test.each(['private', 'absent-name', 'constructor', '__proto__'])(
      '%s does not exist for this caller',
      async (name) => {
        await expect(run(sandbox, name)).rejects.toMatchObject({ kind: 'not_found' })
        expect(sandbox.commands.list({ id: 'tester' }).map((info) => info.name)).not.toContain(name)
      },
    )

    test.each(['unpinned', 'gone'])('%s is unavailable, and the host is not asked instead', async (name) => {
      await expect(run(sandbox, name)).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    })

    test('an engine that is down refuses everything', async () => {
      const environment = { ...docker.engine.environment, DOCKER_HOST: `unix://${sandbox.folder}/none.sock` }
      const engine = createEngine({ ...docker.engine, environment })
      using down = openSandbox({ engine, images: docker.images }, TEMPLATES)

      await expect(run(down, 'list', { path: '.' })).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    })

    test('a missing client refuses everything', async () => {
      const engine = createEngine({ ...docker.engine, client: '/nowhere/docker' })
      using down = openSandbox({ engine, images: openImages(engine, join(docker.folder, 'images.json')) }, TEMPLATES)

      await expect(run(down, 'list', { path: '.' })).rejects.toMatchObject({ kind: 'sandbox_unavailable' })
    })

    test('a dry run shows the engine argv of the run, and runs nothing', async () => {
      const before = readFileSync(sandbox.auditPath, 'utf8')

      const plan = await sandbox.commands.plan({ id: 'x' }, 'list', { path: '.' })

      expect(plan).toMatchObject({ verdict: 'allow', argv: ['ls', '-a', '--', '.'] })
      expect(plan.engineArgv.slice(0, 3)).toEqual([docker.engine.client, 'run', '--rm'])
      expect(plan.engineArgv).toContain(plan.image ?? 'an image')
      expect(readFileSync(sandbox.auditPath, 'utf8')).toBe(before)
    })
  })

  describe('afterwards', () => {
    test('the audit log tells every run and every refusal, and its chain holds', async () => {
      const rows = readFileSync(sandbox.auditPath, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const ids = (event: string) => rows.filter((row) => row.event === event).map((row) => row.runId)

      expect((await verifyAuditFile(sandbox.auditPath)).problems).toEqual([])
      expect(ids('started').sort()).toEqual([...ids('finished'), ...ids('failed')].sort())
      expect(ids('denied').length).toBe(10)
      expect(rows.some((row) => row.reason === 'path: symbolic_link')).toBe(true)
    })

    test.each(kills)('what a killed lynkr left running is swept by the next, and only that (%d)', async () => {
      const script = join(import.meta.dir, 'killed-lynkr.ts')
      const settings = JSON.stringify({ ...docker.engine, folder: docker.folder })
      const victim = Bun.spawn([process.execPath, script, settings], { stdout: 'pipe', stderr: 'inherit' })
      const reader = victim.stdout.getReader()
      const dataFolder = new TextDecoder().decode((await reader.read()).value).trim()
      const owner = thisOwner(dataFolder)()
      const filter = [`label=io.lynkr.installation=${owner.installation}`]
      while ((await findContainers(docker.engine, filter)).length === 0) await Bun.sleep(20)
      const other = run(sandbox, 'sleep')

      expect(await sweepContainers(docker.engine, owner)).toBe(0)
      victim.kill('SIGKILL')
      await victim.exited
      while ((await findContainers(docker.engine, [...filter, 'status=running'])).length === 0) await Bun.sleep(20)

      expect(await sweepContainers(docker.engine, owner)).toBe(1)
      expect(await findContainers(docker.engine, filter)).toEqual([])
      expect((await other).ending).toBe('timeout')
      rmSync(join(dataFolder, '..'), { recursive: true })
    })
  })
}

test('an engine that hangs costs its caller the time limit and little more, and leaves no client behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-hung-'))
  const client = join(folder, 'docker')
  writeFileSync(client, '#!/bin/sh\n[ "$1" = run ] && echo $$ >"$0.pid"\nexec sleep 1000\n', { mode: 0o755 })
  const isRunning = (): boolean => existsSync(`${client}.pid`) && readFileSync(`${client}.pid`, 'utf8').endsWith('\n')
  // Once the client runs, a second passes in a hundredth of one, so that the ten for which an answer is awaited need not be.
  const after = (ms: number, go: () => void): (() => void) => {
    let cancel = systemScheduler.after(ms / 100, function wait() {
      if (isRunning()) go()
      else cancel = systemScheduler.after(10, wait)
    })
    return () => cancel()
  }
  const scheduler = { ...systemScheduler, after }
  const engine = createEngine({ client, environment: { PATH: '/usr/bin:/bin' }, scheduler })
  const images = {
    resolve: async () => ({ reference: 'sha256:0', environment: [] }),
    referenceOf: () => '',
    pin: () => undefined,
  }
  using sandbox = openSandbox({ engine, images, scheduler }, { list: { argv: ['ls'], limits: { timeoutMs: 10_000 } } })

  await expect(run(sandbox, 'list')).rejects.toMatchObject({ kind: 'sandbox_unavailable' })

  const pid = readFileSync(`${client}.pid`, 'utf8').trim()
  expect(existsSync(`/proc/${pid}`)).toBe(false)
  rmSync(folder, { recursive: true })
})

test('without an engine there is no run on the host', async () => {
  const engine = createEngine({ client: '/nowhere/docker', environment: {}, scheduler: systemScheduler })
  using sandbox = openSandbox(
    { engine, images: openImages(engine, '/nowhere/images.json') },
    { list: { argv: ['touch', '/tmp/x'] } },
  )

  expect(
    sandbox.commands.run({ id: 'x' }, 'list', {}, { signal: calm, onOutput: (text) => ran.push(text.text) }),
  ).rejects.toMatchObject({
    kind: 'sandbox_unavailable',
  })
  expect(ran).toEqual([])
})

test('a run that is refused for want of an engine leaves a row in the audit log', async () => {
  const engine = createEngine({ client: '/nowhere/docker', environment: {}, scheduler: systemScheduler })
  using sandbox = openSandbox(
    { engine, images: openImages(engine, '/nowhere/images.json') },
    { list: { argv: ['ls'] } },
  )

  await expect(run(sandbox, 'list')).rejects.toMatchObject({ kind: 'sandbox_unavailable' })

  const rows = readFileSync(sandbox.auditPath, 'utf8').trimEnd().split('\n')
  expect(rows.map((row) => JSON.parse(row))).toMatchObject([
    { event: 'denied', command: 'list', argv: ['ls'], reason: 'sandbox_unavailable' },
  ])
})
