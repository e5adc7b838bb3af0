import type { CommandCaller, CommandResult, Commands, RunOptions } from '../../src/core/commands.ts'
import { ProxyError } from '../../src/core/errors.ts'

export interface FakeRun {
  readonly caller: CommandCaller
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
  readonly options: RunOptions
}

export const DONE: CommandResult = { runId: 'r1', ending: 'exited', exitCode: 0, outputBytes: 3, durationMs: 12.4 }

/** Commands without an engine: `echo` answers at once, `hang` waits to be aborted, `denied` and `down` are refused. */
export function fakeCommands(): Commands & { readonly runs: FakeRun[]; readonly aborted: string[] } {
  const runs: FakeRun[] = []
  const aborted: string[] = []
  const inputSchema = { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: false }
  return {
    runs,
    aborted,
    list: (caller) =>
      ['echo', 'hang']
        .map((name) => ({ name, description: `runs ${name}`, inputSchema, writes: name === 'hang' }))
        .filter(() => caller.id !== 'nobody'),
    async plan(_, name) {
      if (name !== 'echo') throw new ProxyError('not_found', 'no such command')
      return {
        command: name,
        verdict: 'allow',
        denial: null,
        argv: ['echo'],
        engineArgv: ['docker', 'run'],
        image: null,
      }
    },
    async run(caller, name, values, options) {
      runs.push({ caller, name, values, options })
      if (name === 'denied') throw new ProxyError('sandbox_denied', 'path: must stay inside the workspace')
      if (name === 'down') throw new ProxyError('sandbox_unavailable', 'the engine is down')
      if (!['echo', 'hang', 'slow', 'fails'].includes(name)) throw new ProxyError('not_found', 'no such command')
      options.onOutput({ stream: 'stdout', text: `out ${JSON.stringify(values)}\n` })
      options.onOutput({ stream: 'stderr', text: 'err\n' })
      if (name === 'slow') return { ...DONE, ending: 'timeout', exitCode: null }
      if (name === 'fails') return { ...DONE, exitCode: 3 }
      if (name === 'echo') return DONE
      await new Promise<void>((resolve) => {
        if (options.signal.aborted) resolve()
        else options.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      aborted.push(name)
      return { ...DONE, ending: 'cancelled', exitCode: null }
    },
  }
}

/** Accepts `Bearer <id>` as the caller of that id. */
export function authenticate(request: Request): CommandCaller {
  const id = request.headers.get('authorization')?.replace(/^Bearer ?/, '')
  if (id === undefined || id === '') throw new ProxyError('unauthenticated', 'commands need a key')
  return { id }
}
