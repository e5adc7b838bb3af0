import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { openCommandState } from '../support/command-state.ts'
import { openTestEngine } from '../support/docker.ts'

setDefaultTimeout(60_000)

const docker = await openTestEngine()

if (docker !== null) {
  const state = openCommandState(docker)
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

    test('finds the chain of all these runs whole', async () => {
      expect(await lynkr('audit', 'verify')).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('the chain holds'),
      })
    })
  })
}
