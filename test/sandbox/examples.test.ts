import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandsSchema } from '../../src/policy/command-config.ts'
import { compileCommands } from '../../src/policy/command-template.ts'
import { buildImageFromPackages } from '../../src/sandbox/package-image.ts'
import { openTestEngine } from '../support/docker.ts'
import { openSandbox, run } from './sandbox.ts'

setDefaultTimeout(120_000)

const EXAMPLES = ['files', 'git', 'test']

async function load(name: string): Promise<Record<string, Record<string, unknown>>> {
  return commandsSchema.parse(Bun.YAML.parse(await Bun.file(`examples/commands/${name}.yaml`).text()))
}

test.each(EXAMPLES)('examples/commands/%s.yaml loads without a problem', async (name) => {
  const commands = commandsSchema.parse(await load(name))

  const compiled = compileCommands(commands, { homeFolder: '/root', dataFolder: '/data', engineSockets: [] })

  expect(compiled.ok ? [] : compiled.problems).toEqual([])
})

const docker = await openTestEngine()
/** Building the images takes some seconds, so they belong to the long tests. */
const isLong = Bun.env.LYNKR_TEST_FULL === '1' || Bun.env.CI === 'true'
const hasTools = ['/usr/bin/git', '/usr/bin/make', '/usr/bin/dpkg'].every((tool) => Bun.which(tool) !== null)

/** The examples as they are, but for the workspace. */
async function loadHere(): Promise<Record<string, Record<string, unknown>>> {
  const all = Object.assign({}, ...(await Promise.all(EXAMPLES.map(load))))
  for (const command of Object.values<Record<string, unknown>>(all)) delete command.workspace
  return all
}

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']
  const result = Bun.spawnSync(['git', '-C', folder, ...identity, ...args], { stderr: 'pipe' })
  if (result.exitCode !== 0) throw new Error(result.stderr.toString())
}

if (docker !== null) {
  const sandbox = openSandbox(docker, await loadHere())
  afterAll(() => sandbox[Symbol.dispose]())
  mkdirSync(join(sandbox.workspace, 'src'))
  writeFileSync(join(sandbox.workspace, 'src/-odd name.ts'), 'export const needle = 1\n')

  describe('the examples for files, in the default image', () => {
    test.each([
      ['list', { path: 'src' }, '-odd name.ts\n'],
      ['find', { name: '*.ts' }, './src/-odd name.ts\n'],
      ['find', { name: 's*', kind: 'd' }, './src\n'],
      ['search', { pattern: 'NEEDLE|^tw.$', ignore_case: true }, './hello.txt:2:two\n'],
      ['search', { pattern: 'needle', path: 'src/-odd name.ts' }, 'export const needle = 1\n'],
      ['read', { file: 'hello.txt', from: 2, to: 3 }, 'two\nthree\n'],
    ])('%s %j', async (name, values, expected) => {
      const result = await run(sandbox, name, values)

      expect(result.stderr).toBe('')
      expect(result.stdout).toContain(expected)
    })
  })

  if (isLong && hasTools) {
    await buildImageFromPackages(docker.engine, docker.images, 'lynkr-git', ['git'])
    await buildImageFromPackages(docker.engine, docker.images, 'lynkr-make', ['make', 'coreutils', 'dash'])
    writeFileSync(join(sandbox.workspace, 'Makefile'), 'test:\n\t@echo tests pass; id -u\n\nlint:\n\t@touch file\n')
    writeFileSync(join(sandbox.workspace, 'notes.txt'), 'one\ntwo\nthree\n')
    git(sandbox.workspace, 'init', '--quiet')
    git(sandbox.workspace, 'add', '.')
    git(sandbox.workspace, 'commit', '--quiet', '-m', 'First')
    writeFileSync(join(sandbox.workspace, 'notes.txt'), 'one\n2\nthree\n')
    git(sandbox.workspace, 'commit', '--quiet', '-a', '-m', 'Second')

    describe('the examples with tools, in images made from packages of this machine', () => {
      test.each([
        ['git_log', { format: 'oneline' }, 'Second'],
        ['git_log', { stat: true, count: 1, author: 'Ann', path: 'notes.txt' }, 'notes.txt | 2 +-'],
        ['git_diff', { from: 'HEAD~1' }, '-two\n+2'],
        ['git_blame', { file: 'notes.txt', from: 2, to: 2 }, '2) 2'],
        ['test', {}, 'tests pass\n65534\n'],
      ])('%s %j', async (name, values, expected) => {
        const result = await run(sandbox, name, values)

        expect(result.stderr).toBe('')
        expect(result.stdout).toContain(expected)
      })

      test('a program that a repository names in its settings is not run', async () => {
        const trap = 'touch /tmp/trapped; echo trapped'
        for (const key of ['core.pager', 'diff.external', 'core.fsmonitor', 'diff.evil.textconv', 'pager.log']) {
          git(sandbox.workspace, 'config', key, trap)
        }
        writeFileSync(join(sandbox.workspace, '.git/info/attributes'), '* diff=evil\n')

        const outputs = [
          await run(sandbox, 'git_log', { stat: true }),
          await run(sandbox, 'git_diff', { from: 'HEAD~1' }),
          await run(sandbox, 'git_blame', { file: 'notes.txt', to: 1 }),
        ].map((result) => result.stdout + result.stderr)

        expect(outputs.join('')).not.toContain('trapped')
        expect(outputs.join('')).toContain('Second')
      })

      test('a target that writes to the workspace fails', async () => {
        expect((await run(sandbox, 'test', { target: 'lint' })).stderr).toContain('Read-only file system')
      })
    })
  }
}
