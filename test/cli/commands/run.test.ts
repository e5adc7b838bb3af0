import { describe, expect, test } from 'bun:test'
import { runCommand } from '../../../src/cli/commands/run.ts'
import type { Commands } from '../../../src/core/commands.ts'
import { ProxyError } from '../../../src/core/errors.ts'
import { fakeCommands } from '../../support/fake-commands.ts'

async function run(name: string, assignments: string[] = [], isDryRun = false, commands: Commands = fakeCommands()) {
  const out: string[] = []
  const error: string[] = []
  const exitCode = await runCommand({
    commands,
    caller: { id: 'operator' },
    name,
    assignments,
    isDryRun,
    isJson: false,
    signal: AbortSignal.abort(),
    writeOut: (text) => out.push(text),
    writeError: (text) => error.push(text),
  })
  return { exitCode, out: out.join(''), error: error.join('') }
}

describe('lynkr run', () => {
  test("passes values, output and exit code on, each to where a command's go", async () => {
    expect(await run('echo', ['text=a=b'])).toEqual({ exitCode: 0, out: 'out {"text":"a=b"}\n', error: 'err\n' })
    expect((await run('fails')).exitCode).toBe(3)
  })

  test.each([
    ['slow', 124],
    ['hang', 130],
    ['denied', 126],
    ['down', 125],
    ['absent', 2],
  ])('%s exits with %d and says why', async (name, exitCode) => {
    const result = await run(name)

    expect(result.exitCode).toBe(exitCode)
    expect(result.error).toContain(`lynkr run ${name}: `)
  })

  test('says in its words why an engine refused, for no log has them', async () => {
    const cause = new Error('docker: Error response from daemon: unknown runtime\n')
    const refused = new ProxyError('sandbox_unavailable', 'the container engine refused the run', { cause })
    const commands = { ...fakeCommands(), run: () => Promise.reject(refused) }

    const { error } = await run('echo', [], false, commands)

    expect(error).toBe(`${cause.message}lynkr run echo: the container engine refused the run\n`)
  })

  test.each(['text', '=a', 'text=a text=b'])('%s is wrong use', async (assignments) => {
    expect((await run('echo', assignments.split(' '))).exitCode).toBe(2)
  })

  test('reads numbers and switches by the schema, and leaves the rest a text', async () => {
    const fake = fakeCommands()
    const property = (type: string) => ({ type })
    const properties = { n: property('integer'), b: property('boolean'), s: property('string') }
    const list = () => [{ name: 'echo', description: '', inputSchema: { type: 'object', properties }, writes: false }]

    await run('echo', ['n=-5', 'b=true', 's=5', '__proto__=1'], false, { ...fake, list })
    await run('echo', ['n=5x', 'b=yes'], false, { ...fake, list })

    expect(fake.runs.map((one) => Object.entries(one.values))).toEqual([
      [
        ['n', -5],
        ['b', true],
        ['s', '5'],
        ['__proto__', '1'],
      ],
      [
        ['n', '5x'],
        ['b', 'yes'],
      ],
    ])
  })

  test('a dry run prints image, argv and the engine, and runs nothing', async () => {
    const fake = fakeCommands()

    const { exitCode, out } = await run('echo', [], true, fake)

    expect(exitCode).toBe(0)
    expect(out).toBe(
      'image   not pinned: run lynkr sandbox build\nargv    echo\nengine  docker run\n'.replaceAll('"', ''),
    )
    expect(fake.runs).toEqual([])
  })

  test('a dry run without an image has nothing to say of the engine', async () => {
    const fake = fakeCommands()
    const plan: Commands['plan'] = async (...call) => ({ ...(await fake.plan(...call)), engineArgv: [] })

    const { out } = await run('echo', [], true, { ...fake, plan })

    expect(out).toBe('image   not pinned: run lynkr sandbox build\nargv    echo\n')
  })
})
