import { afterAll, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RELEASE_TARGETS } from '../../scripts/release/targets.ts'

/** Stands for the executable: it says what the installer asks it. */
const EXECUTABLE = '#!/bin/sh\necho lynkr 9.9.9\n'
const sum = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex')
const sums = (text: string): string => RELEASE_TARGETS.map(({ file }) => `${sum(text)}  ${file}\n`).join('')

let published = { sums: '', executable: '' }
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch({ url }) {
    const file = new URL(url).pathname.slice(1)
    if (file === 'SHA256SUMS') return new Response(published.sums)
    return RELEASE_TARGETS.some((target) => target.file === file)
      ? new Response(published.executable)
      : new Response('', { status: 404 })
  },
})
const folder = mkdtempSync(join(tmpdir(), 'lynkr-install-'))
const into = join(folder, 'bin')
afterAll(async () => {
  await server.stop(true)
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  published = { sums: sums(EXECUTABLE), executable: EXECUTABLE }
  rmSync(into, { recursive: true, force: true })
})

test('the install script installs what the checksums name, and says which version', async () => {
  const { code, output } = await install()

  expect(code).toBe(0)
  expect(output).toContain('lynkr 9.9.9')
  expect(readFileSync(join(into, 'lynkr'), 'utf8')).toBe(EXECUTABLE)
})

test('an executable with another checksum is not installed, and what was there stays', async () => {
  await install()
  published = { sums: sums(EXECUTABLE), executable: `${EXECUTABLE}# changed on the way\n` }

  const { code, output } = await install()

  expect(code).toBe(1)
  expect(output).toContain('checksum')
  expect(readFileSync(join(into, 'lynkr'), 'utf8')).toBe(EXECUTABLE)
  expect(readdirSync(into)).toEqual(['lynkr'])
})

test('an executable that does not run here is not installed, and what was there stays', async () => {
  await install()
  const broken = '#!/bin/sh\nkill -ILL $$\n'
  published = { sums: sums(broken), executable: broken }

  const { code, output } = await install()

  expect(code).toBe(1)
  expect(output).toContain('does not run on this machine; nothing was installed')
  expect(readFileSync(join(into, 'lynkr'), 'utf8')).toBe(EXECUTABLE)
  expect(readdirSync(into)).toEqual(['lynkr'])
})

test('a private umask of root keeps nobody from what is installed for all', async () => {
  const { code } = await install(undefined, 'umask 077; exec sh scripts/install.sh')

  expect(code).toBe(0)
  expect(statSync(join(into, 'lynkr')).mode & 0o777).toBe(0o755)
})

test('a folder of that name is neither replaced nor filled', async () => {
  mkdirSync(join(into, 'lynkr'), { recursive: true })

  const { code, output } = await install()

  expect(code).toBe(1)
  expect(output).toContain('lynkr is a folder')
  expect(readdirSync(join(into, 'lynkr'))).toEqual([])
})

test('a release without checksums for this machine installs nothing', async () => {
  published = { sums: `${sum(EXECUTABLE)}  lynkr-plan9-mips\n`, executable: EXECUTABLE }

  const { code, output } = await install()

  expect(code).toBe(1)
  expect(output).toContain('the release has no lynkr-')
  expect(existsSync(into)).toBe(false)
})

test('without an address it says what to set', async () => {
  const { code, output } = await install('')

  expect(code).toBe(1)
  expect(output).toContain('LYNKR_RELEASE_URL')
})

test('a folder that cannot be made is said', async () => {
  writeFileSync(into, 'a file')

  const { code, output } = await install()

  expect(code).toBe(1)
  expect(output).toContain('LYNKR_INSTALL_DIR')
})

async function install(
  url = `http://127.0.0.1:${server.port}`,
  script = 'exec sh scripts/install.sh',
): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, LYNKR_INSTALL_DIR: into, LYNKR_RELEASE_URL: url }
  const child = Bun.spawn(['sh', '-c', script], { env, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output: stdout + stderr }
}
