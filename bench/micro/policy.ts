import { compileAccessList } from '../../src/core/access-list.ts'
import { bindCommand } from '../../src/policy/bind-command.ts'
import { commandSchema } from '../../src/policy/command-config.ts'
import { compileCommands } from '../../src/policy/command-template.ts'
import { normalizeHttpPath } from '../../src/policy/http-path.ts'
import { checkPath } from '../../src/policy/safe-path.ts'

const search = commandSchema.parse({
  description: 'search',
  callers: ['*'],
  argv: ['grep', '-rn', '{ignore_case}', '-m{matches}', '--', '{pattern}', '{path}'],
  parameters: {
    ignore_case: { type: 'bool', flag: '-i' },
    matches: { type: 'int', min: 1, max: 1000, default: 100 },
    pattern: { type: 'string', charset: 'text' },
    path: { type: 'path', default: '.' },
  },
  workspace: { root: '/srv/work' },
})
const compiled = compileCommands({ search }, { homeFolder: '/root', dataFolder: '/var/lib/lynkr', engineSockets: [] })
const template = compiled.ok ? compiled.templates.get('search') : undefined
if (template === undefined) throw new Error('the template of the benchmark must compile')
const values = { pattern: 'openBeneath', path: 'src/sandbox', ignore_case: true }
const paths = ['src/policy/safe-path.ts', 'README.md', 'test/policy/bind-command.test.ts', 'package.json']
const mayUse = compileAccessList({ allow: ['/v1/messages', '/v1/models', '/v1/chat/**'], deny: ['/v1/embeddings'] })

/** Rows of the micro table: one operation per iteration. */
export const rows: readonly {
  name: string
  reportOpsPerSecond?: number
  targetNs?: number
  run(iterations: number): void
}[] = [
  {
    name: 'command template bind + validate',
    targetNs: 1_000,
    run(iterations) {
      for (let i = 0; i < iterations; i++) if (!bindCommand(template, values).ok) throw new Error('must bind')
    },
  },
  {
    name: 'path guard, lexical',
    targetNs: 100,
    run(iterations) {
      for (let i = 0; i < iterations; i++) if (!checkPath(paths[i & 3], '/srv/work').ok) throw new Error('must pass')
    },
  },
  {
    name: 'request path policy',
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        const verdict = normalizeHttpPath('/v1/messages')
        if (!verdict.ok || !mayUse(verdict.path).ok) throw new Error('must pass')
      }
    },
  },
]
