import { mkdirSync } from 'node:fs'
import manifest from '../package.json' with { type: 'json' }

/**
 * `bun run build [--target=bun-linux-arm64] [--outfile=path]`: compiles `src/main.ts` into one executable, by default
 * `dist/lynkr`. The version comes along with package.json; the commit is stamped in as `LYNKR_COMMIT`.
 *
 * The two `autoload` switches matter: without them the executable would read `.env` and `bunfig.toml` of whatever
 * folder it is started in, which may be a hostile repository.
 */
const FLAGS = [
  '--compile',
  // What a command does not use is not even read: without it the whole program is one piece.
  '--splitting',
  '--minify',
  '--sourcemap',
  '--bytecode',
  '--format=esm',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
]

const extra = process.argv.slice(2)
// Bun itself is 8 MB larger for Windows; with 15 MB of bytecode the executable would be over its limit of 135 MB.
const isForWindows = extra.some((argument) => argument.startsWith('--target=bun-windows'))
const flags = isForWindows ? FLAGS.filter((flag) => flag !== '--bytecode') : FLAGS

const built = commit()
const define = ['--define', `LYNKR_COMMIT=${JSON.stringify(built)}`]
const output = extra.some((argument) => argument.startsWith('--outfile')) ? [] : ['--outfile=dist/lynkr']

mkdirSync('dist', { recursive: true })
const build = Bun.spawnSync([process.execPath, 'build', ...flags, ...define, ...output, ...extra, 'src/main.ts'], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
if (build.exitCode === 0) console.log(`lynkr ${manifest.version} (${built})`)
process.exit(build.exitCode)

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
