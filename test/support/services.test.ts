import { afterAll, afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPrograms } from './debian.ts'
import { requireService, SERVICES_REPORT } from './services.ts'

const { CI, [SERVICES_REPORT]: REPORT } = process.env
const folder = mkdtempSync(join(tmpdir(), 'lynkr-services-'))

afterEach(() => {
  restore('CI', CI)
  restore(SERVICES_REPORT, REPORT)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

test('a service that started is handed to the suite', async () => {
  const service = await requireService('anything', async () => ({ port: 1 }))

  expect(service).toEqual({ port: 1 })
})

test('an absent service is one line of the report, with its reason', async () => {
  delete process.env.CI
  process.env[SERVICES_REPORT] = join(folder, 'report')

  const service = await requireService('redis', () => Promise.reject(new Error('no\nsuch  program')))

  expect(service).toBeNull()
  expect(readFileSync(join(folder, 'report'), 'utf8')).toBe('redis: no such program\n')
})

test('with CI=true an absent service is a failure', async () => {
  process.env.CI = 'true'

  const asked = requireService('redis', async () => null)

  await expect(asked).rejects.toThrow('redis is required with CI=true')
})

test('a program that no package brings is named with the package that should have', async () => {
  const asked = installPrograms(['sh', 'lynkr-no-such-program'], [])

  await expect(asked).rejects.toThrow('lynkr-no-such-program is not installed')
})
