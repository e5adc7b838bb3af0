import { describe, expect, test } from 'bun:test'
import { trackRuns } from '../../src/cli/open-runs.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { fakeCommands } from '../support/fake-commands.ts'

const CALLER = { id: 'tester' }

function start(name: string) {
  const commands = fakeCommands()
  const client = new AbortController()
  const runs = trackRuns(commands)
  const result = runs.commands.run(CALLER, name, {}, { signal: client.signal, onOutput: () => undefined })
  return { commands, client, runs, result }
}

describe('a run under way', () => {
  test('is known until it ends', async () => {
    const { runs, client, result } = start('hang')
    expect(runs.open.size).toBe(1)

    client.abort()

    expect((await result).ending).toBe('cancelled')
    expect(runs.open.size).toBe(0)
  })

  test('is killed by a shutdown, and its caller is told so', async () => {
    const { runs, commands, result } = start('hang')

    for (const run of runs.open) run.interrupt(new ProxyError('shutting_down', 'send it again'))

    expect(await result.catch((error: ProxyError) => error.kind)).toBe('shutting_down')
    expect(commands.aborted).toEqual(['hang'])
    expect(runs.open.size).toBe(0)
  })

  test('that is refused is forgotten', async () => {
    const { runs, result } = start('denied')

    expect(await result.catch((error: ProxyError) => error.kind)).toBe('sandbox_denied')
    expect(runs.open.size).toBe(0)
  })
})
