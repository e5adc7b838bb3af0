import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { doctorTable, sandboxBuild, sandboxDoctor } from '../../../src/cli/commands/sandbox.ts'
import { composeSandbox, type SandboxSettings } from '../../../src/cli/compose-sandbox.ts'
import { systemClock, systemScheduler } from '../../../src/core/clock.ts'
import { openTestEngine } from '../../support/docker.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()
const dataFolder = mkdtempSync(join(tmpdir(), 'lynkr-cli-'))
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }))

function settings(engine: Pick<SandboxSettings, 'client' | 'environment'>): SandboxSettings {
  const { client, environment } = engine
  return {
    dataFolder,
    homeFolder: '/root',
    client,
    environment,
    concurrencyMax: 2,
    waitingMax: 2,
    waitMsMax: 1000,
    templates: () => new Map(),
    secrets: () => [],
    clock: systemClock,
    scheduler: systemScheduler,
  }
}

function console() {
  const lines: string[] = []
  return {
    lines,
    writeOut: (text: string) => void lines.push(text),
    writeError: (text: string) => void lines.push(text),
  }
}

const rest = { clock: systemClock, scheduler: systemScheduler, signal: new AbortController().signal }

if (docker !== null) {
  describe('lynkr sandbox', () => {
    test('build makes the default image and pins it, without which the doctor has nothing to examine', async () => {
      const sandbox = composeSandbox(settings(docker.engine))
      const it = console()

      expect(await sandboxDoctor({ ...sandbox, ...rest, ...console() })).toBe(1)
      expect(await sandboxBuild({ ...sandbox, ...it })).toBe(0)
      expect(it.lines.join('')).toMatch(/^lynkr-sandbox is pinned to sha256:[0-9a-f]{64}\n$/)
      expect((await sandbox.images.resolve(null)).reference).toMatch(/^sha256:/)
      expect(await sandbox.sweep()).toBe(0)
    })

    test('build says what is missing', async () => {
      const sandbox = composeSandbox(settings(docker.engine))
      const it = console()

      expect(await sandboxBuild({ ...sandbox, ...it, busybox: '/nowhere/busybox' })).toBe(1)
      expect(it.lines.join('')).toContain("install Debian's busybox-static")
    })
  })
}

test('the doctor tells what was seen where a property does not hold', () => {
  const good = { property: 'has no network', holds: true, observed: 'lo' }
  const bad = { property: 'cannot mount', holds: false, observed: 'DONE' }

  expect(doctorTable([good])).toContain('  ok    has no network\n\nAll 1 properties hold.')
  expect(doctorTable([good, bad])).toContain('  FAIL  cannot mount: DONE\n\n1 of 2 do not hold.')
})

test('without an engine, build and doctor say so', async () => {
  const sandbox = composeSandbox(settings({ client: '/nowhere/docker', environment: {} }))
  const it = console()

  expect(await sandboxBuild({ ...sandbox, ...it, name: 'x', packages: ['no-such-package-anywhere'] })).toBe(1)
  expect(await sandboxBuild({ ...sandbox, ...it, packages: ['x'] })).toBe(2)
  expect(await sandboxDoctor({ ...sandbox, ...rest, ...it })).toBe(1)
})
