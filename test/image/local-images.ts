import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '../../src/sandbox/engine.ts'
import { runTool } from '../support/prometheus.ts'

/** What the Dockerfile would pull, made from this machine instead. */
export const LOCAL = {
  BASE: 'lynkr-test:base',
  BUILDER: 'lynkr-test:builder',
  DOCKER_CLI: 'lynkr-test:docker-cli',
} as const

const BUILD_MS_MAX = 280_000
/** What `gcr.io/distroless/base-debian12` has of Debian, but for OpenSSL and the time zones, which lynkr does not use. */
const BASE_PACKAGES = ['libc6', 'libgcc-s1', 'ca-certificates', 'base-files']

/** Imports a base image from the files of installed Debian packages, and builds the other two upon it. */
export async function makeLocalImages(engine: Engine): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-images-'))
  try {
    await importBase(engine, folder)
    await build(engine, LOCAL.BUILDER, await builderContext(folder))
    await build(engine, LOCAL.DOCKER_CLI, await clientContext(engine, folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Throws with the client's last words unless it ends with 0. @returns what it printed */
export async function must(engine: Engine, args: readonly string[], timeoutMs = 180_000): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.ask(args, { timeoutMs })
  if (exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${exitCode}\n${(stdout + stderr).slice(-3_000)}`)
  return stdout.trim()
}

/** Builds without a network, so that nothing can come from anywhere else. */
export function build(engine: Engine, tag: string, [folder, ...more]: readonly string[]): Promise<string> {
  return must(engine, ['build', '--network', 'none', '--tag', tag, ...more, folder ?? '.'], BUILD_MS_MAX)
}

async function importBase(engine: Engine, folder: string): Promise<void> {
  const archive = join(folder, 'base.tar')
  const list = `dpkg -L ${BASE_PACKAGES.join(' ')} | grep -vE '^/usr/share/(doc|man|locale|lintian)|^/[.]$'`
  // What update-ca-certificates made is in no package; the links are what Debian has at these names since 12.
  const more = 'echo /etc/ssl/certs/ca-certificates.crt; for link in bin lib lib64 sbin; do echo /$link; done'
  const files = `{ ${list}; ${more}; } | sed -E 's#^/(bin|sbin|lib|lib64)/#/usr/\\1/#' | sort -u`
  const { code, output } = await runTool(['sh', '-c', `${files} | tar --no-recursion -C / -T - -cf ${archive}`])
  if (code !== 0) throw new Error(output)
  await must(engine, ['import', archive, LOCAL.BASE])
}

/** Bun, a shell, and the packages in Bun's cache, for there is no network in the build. */
async function builderContext(folder: string): Promise<[string]> {
  const context = join(folder, 'builder')
  const project = join(folder, 'project')
  for (const path of [context, project]) mkdirSync(path)
  copyFileSync(process.execPath, join(context, 'bun'))
  copyFileSync('/bin/busybox', join(context, 'busybox'))
  for (const file of ['package.json', 'bun.lock', 'bunfig.toml']) copyFileSync(file, join(project, file))
  const install = Bun.spawn(
    [process.execPath, 'install', '--frozen-lockfile', '--production', '--ignore-scripts', '--silent'],
    { cwd: project, env: { ...process.env, BUN_INSTALL_CACHE_DIR: join(context, 'cache') } },
  )
  if ((await install.exited) !== 0) throw new Error('bun install failed')
  await Bun.write(
    join(context, 'Dockerfile'),
    `FROM ${LOCAL.BASE}
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY bun /bin/bun
COPY cache /cache
ENV BUN_INSTALL_CACHE_DIR=/cache HOME=/tmp
`,
  )
  return [context]
}

async function clientContext(engine: Engine, folder: string): Promise<[string]> {
  const context = join(folder, 'docker-cli')
  mkdirSync(context)
  copyFileSync(engine.client, join(context, 'docker'))
  await Bun.write(join(context, 'Dockerfile'), `FROM ${LOCAL.BASE}\nCOPY docker /usr/local/bin/docker\n`)
  return [context]
}
