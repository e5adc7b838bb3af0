import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { executableFormat } from './release/executable-format.ts'
import { encodeNotices } from './release/notices.ts'
import { bundledPackages } from './release/packages.ts'
import { encodeSbom } from './release/sbom.ts'
import { RELEASE_TARGETS, type ReleaseTarget } from './release/targets.ts'

/**
 * `bun run release:local`: everything that is published, under `dist/`: an executable for each target, the install
 * script, the bill of materials, third-party licences, and SHA256SUMS over them all. Ends with 1 at the first executable
 * that is not what its name says, or too large.
 */
const FOLDER = 'dist'
const HEADER_BYTES = 64 * 1024
/** What people are asked to download, at the most. */
const EXECUTABLE_BYTES_MAX = 135_000_000

mkdirSync(FOLDER, { recursive: true })
for (const target of RELEASE_TARGETS) await buildTarget(target)

const packages = bundledPackages(process.cwd())
const { name, version } = manifest
const texts: Readonly<Record<string, string>> = {
  'install.sh': await Bun.file('scripts/install.sh').text(),
  'sbom.cdx.json': encodeSbom({ name, version, commit: commit(), bunVersion: Bun.version, packages }),
  'THIRD-PARTY-LICENSES.txt': encodeNotices(packages),
}
for (const [file, text] of Object.entries(texts)) await Bun.write(join(FOLDER, file), text)

const files = [...RELEASE_TARGETS.map(({ file }) => file), ...Object.keys(texts)]
const sums = await Promise.all(files.map(async (file) => `${await sha256(join(FOLDER, file))}  ${file}\n`))
await Bun.write(join(FOLDER, 'SHA256SUMS'), sums.join(''))
console.log(`${packages.length} packages; ${FOLDER}/SHA256SUMS names ${files.length} files`)

async function buildTarget({ bun, file, format }: ReleaseTarget): Promise<void> {
  const path = join(FOLDER, file)
  const argv = [process.execPath, 'scripts/build.ts', `--target=${bun}`, `--outfile=${path}`]
  const { exitCode, stderr } = Bun.spawnSync(argv, { stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) fail(`${file}: ${stderr.toString()}`)
  const found = executableFormat(await Bun.file(path).slice(0, HEADER_BYTES).bytes())
  if (found !== format) fail(`${file} should be ${format} but is ${found}`)
  const { size } = statSync(path)
  if (size > EXECUTABLE_BYTES_MAX) fail(`${file} has ${size} bytes, more than ${EXECUTABLE_BYTES_MAX}`)
  console.log(`${file}  ${(size / 1e6).toFixed(1)} MB  ${found}`)
}

async function sha256(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return hasher.digest('hex')
}

function commit(): string {
  if (process.env.LYNKR_COMMIT) return process.env.LYNKR_COMMIT
  return (
    Bun.spawnSync(['git', 'rev-parse', '--short=12', 'HEAD'], { stderr: 'ignore' }).stdout.toString().trim() ||
    'unknown'
  )
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
