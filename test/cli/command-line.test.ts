import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCommandState } from '../support/command-state.ts'
import { openTestEngine } from '../support/docker.ts'

setDefaultTimeout(180_000)

const docker = await openTestEngine()
/** Making an image takes some seconds, so that it belongs to the long tests. */
const isLong = Bun.env.LYNKR_TEST_FULL === '1' || Bun.env.CI === 'true'
const hasGit = ['/usr/bin/git', '/usr/bin/dpkg'].every((tool) => Bun.which(tool) !== null)
const IDENTITY = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']

if (docker !== null) {
  const state = openCommandState(docker, readFileSync('examples/commands/git.yaml', 'utf8'))
  afterAll(() => state[Symbol.dispose]())
  const lynkr = async (...args: string[]) => {
    const child = Bun.spawn([process.execPath, 'src/main.ts', ...args], {
      env: { ...state.env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return { exitCode: await child.exited, stdout, stderr }
  }
  const built = await lynkr('sandbox', 'build')

  describe('the command line', () => {
    test('builds and pins the default image', () => {
      expect(built).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is pinned to sha256:') })
    })

    test('lists the commands of lynkr.yaml', async () => {
      expect((await lynkr('commands')).stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
        'list',
        'find',
        'search',
        'read',
        'git_log',
        'git_diff',
        'git_blame',
        '',
      ])
    })

    test.each([
      [['list'], 'notes.txt\n'],
      [['find', 'name=*.txt'], './notes.txt\n'],
      [['search', 'pattern=NEEDLE', 'ignore_case=true'], './notes.txt:2:a needle\n'],
      [['read', 'file=notes.txt', 'from=2', 'to=2'], 'a needle\n'],
    ])('runs the example %j', async (args, stdout) => {
      expect(await lynkr('run', ...args)).toEqual({ exitCode: 0, stdout, stderr: '' })
    })

    test.each([
      [['search', 'pattern=absent'], 1],
      [['read', 'file=../../etc/passwd'], 126],
      [['read', 'file'], 2],
      [['absent'], 2],
      [['read', '--dry-run', 'file=notes.txt'], 0],
    ])('run %j exits with %i', async (args, exitCode) => {
      expect((await lynkr('run', ...args)).exitCode).toBe(exitCode)
    })

    test('prints one JSON document where it is asked to', async () => {
      const { stdout } = await lynkr('run', 'read', 'file=notes.txt', 'to=1', '--json')

      expect(JSON.parse(stdout)).toMatchObject({ ending: 'exited', exit_code: 0, stdout: 'hay\n', stderr: '' })
    })

    test('a dry run prints what would run, by an image of known content', async () => {
      const { stdout } = await lynkr('run', 'read', '--dry-run', 'file=notes.txt')

      expect(stdout).toMatch(/sha256:[0-9a-f]{64}/)
      expect(stdout).toContain('--network none --read-only --cap-drop ALL')
    })

    test('finds the chain of all these runs whole, and an earlier head in it', async () => {
      const first = await lynkr('audit', 'verify')
      const head = /head \d+ ([0-9a-f]+)/.exec(first.stdout)?.[1] ?? 'none'
      await lynkr('run', 'list')

      expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('the chain holds') })
      expect((await lynkr('audit', 'verify', '--expect', head)).exitCode).toBe(0)
      expect((await lynkr('audit', 'verify', '--expect', '0'.repeat(64))).exitCode).toBe(1)
    })

    test('exports every row, for a spreadsheet and as it stands', async () => {
      const rows = (await lynkr('audit', 'export')).stdout.trimEnd().split('\n')
      const csv = (await lynkr('audit', 'export', '--format', 'csv')).stdout.trimEnd().split('\r\n')

      expect(csv[0]).toStartWith('sequence,at,event,runId,caller,command')
      expect(csv.length).toBe(rows.length + 1)
      expect(rows.map((row) => JSON.parse(row)).find((row) => row.event === 'finished')).toMatchObject({
        caller: 'cli',
        command: 'list',
        argv: ['ls', '-1', '-A', '-p', '--', '.'],
      })
    })

    test('the doctor finds every property of the sandbox here', async () => {
      const { exitCode, stdout } = await lynkr('sandbox', 'doctor')

      expect(stdout).toMatch(/All \d\d properties hold\./)
      expect(exitCode).toBe(0)
    })

    test.if(isLong && hasGit)(
      'makes an image with tools, in which an example reads a history',
      async () => {
        const repository = join(state.folder, 'work')
        const git = (...args: string[]) => Bun.spawnSync(['git', '-C', repository, ...IDENTITY, ...args])
        git('init', '--quiet')
        git('add', '.')
        git('commit', '--quiet', '-m', 'The first')

        const made = await lynkr('sandbox', 'build', '--name', 'lynkr-git', '--packages', 'git')

        expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^lynkr-git is pinned to sha256:/) })
        expect((await lynkr('run', 'git_log', 'format=oneline')).stdout).toContain('The first')
      },
      180_000,
    )
  })
}
