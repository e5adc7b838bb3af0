import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import { tokenizerTable } from './tokenizer-table.ts'

/**
 * `bun run build [--target=bun-linux-arm64] [--outfile=path]`: compiles `src/main.ts` into one executable, by default
 * `dist/lynkr`. The version comes along with package.json; the commit is stamped in as `LYNKR_COMMIT`.
 *
 * Source maps are 3.6 MB of it, and stay: a stack trace in a report names our files and lines, or it is of no use.
 */
const { values: given } = parseArgs({ options: { target: { type: 'string' }, outfile: { type: 'string' } } })
const { target, outfile = 'dist/lynkr' } = given
// Bun itself is 8 MB larger for Windows; with 12 MB of bytecode the executable would be close to its limit of 135 MB.
const isForWindows = target?.startsWith('bun-windows') === true

const built = commit()
mkdirSync('dist', { recursive: true })
await Bun.build({
  entrypoints: ['src/main.ts'],
  target: 'bun',
  format: 'esm',
  // What a command does not use is not even read: without it the whole program is one piece.
  splitting: true,
  minify: true,
  sourcemap: 'linked',
  bytecode: !isForWindows,
  define: { LYNKR_COMMIT: JSON.stringify(built) },
  plugins: [tokenizerTable],
  compile: {
    outfile,
    ...(target !== undefined && { target: target as Bun.Build.CompileTarget }), // One that is none, Bun names and refuses.
    // Else the executable would read `.env` and `bunfig.toml` of the folder it is started in: a hostile repository, say.
    autoloadDotenv: false,
    autoloadBunfig: false,
    // What a company has its machines trust: `serve` sees to that by itself, the commands that ask providers do not.
    execArgv: ['--use-system-ca'],
  },
})
console.log(`lynkr ${manifest.version} (${built})`)

/** The commit being built; `LYNKR_COMMIT` from the environment where there is no checkout; else `unknown`. */
function commit(): string {
  if (process.env.LYNKR_COMMIT) return process.env.LYNKR_COMMIT
  if (Bun.which('git') === null) return 'unknown'
  const head = git('rev-parse', '--short=12', '--show-prefix', 'HEAD')
  const [prefix, hash] = head.split('\n')
  if (hash === undefined || prefix !== '') return 'unknown'
  return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}-dirty`
}

function git(...args: string[]): string {
  return Bun.spawnSync(['git', ...args], { stderr: 'ignore' })
    .stdout.toString()
    .trimEnd()
}
