import { afterAll } from 'bun:test'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemScheduler } from '../../src/core/clock.ts'
import { buildDefaultImage } from '../../src/sandbox/build-image.ts'
import { createEngine, type Engine } from '../../src/sandbox/engine.ts'
import { type Images, openImages } from '../../src/sandbox/images.ts'

/** A real engine for tests, with the default image built and pinned. */
export interface TestEngine {
  readonly engine: Engine
  readonly images: Images
  /** Temporary; the daemon's pid is in its file `pid` when the tests started one for themselves. */
  readonly folder: string
}

const CLIENTS = ['/usr/bin/docker', '/usr/local/bin/docker']
const DAEMON = '/usr/sbin/dockerd'
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A daemon starts in seconds, where nobody else keeps the disk and the processor busy. */
const START_MS_MAX = 180_000

let opened: Promise<TestEngine | null> | null = null

/**
 * The engine of this test process: an own `dockerd` on a socket in a temporary folder when this is root and Debian's
 * `docker.io` is installed (apt installs it where it can), else the engine that is already there, else `null`. It has no
 * network of its own and ends with the process. In CI a missing engine fails; elsewhere the end of the run says what was
 * not tested.
 */
export function openTestEngine(): Promise<TestEngine | null> {
  opened ??= open()
  return opened
}

/** In CI a missing engine fails; elsewhere the file that needed it says so when it is done. */
function without(reason: string): null {
  if (Bun.env.CI === 'true') throw new Error(`CI needs a docker engine: ${reason}`)
  const say = (): void => console.warn(`\nNOT RUN: the sandbox against a real docker engine (${reason}).`)
  if (Bun.env.NODE_ENV === 'test') afterAll(say)
  else say()
  return null
}

async function open(): Promise<TestEngine | null> {
  const isRoot = process.getuid?.() === 0
  if (isRoot && !existsSync(DAEMON)) await installDocker()
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-test-docker-'))
  const own = isRoot && existsSync(DAEMON) ? await startDaemon(folder) : null
  const client = CLIENTS.find((path) => existsSync(path))
  if (client === undefined) return without('there is no docker client; install docker.io and busybox-static')
  const environment = { PATH, DOCKER_BUILDKIT: '0', HOME: folder, ...(own !== null && { DOCKER_HOST: own }) }
  const engine = createEngine({ client, environment, scheduler: systemScheduler })
  if ((await engine.ask(['version'])).exitCode !== 0) {
    return without('no engine answers, and only root can start one')
  }
  const images = openImages(engine, join(folder, 'images.json'))
  await buildDefaultImage(engine, images)
  return { engine, images, folder }
}

async function installDocker(): Promise<void> {
  const apt = Bun.spawn(['apt-get', 'install', '-y', '--no-install-recommends', 'docker.io', 'busybox-static'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdout: 'ignore',
    stderr: 'ignore',
    timeout: 240_000,
  })
  await apt.exited
}

/**
 * Starts a daemon that cannot outlive the tests, however they end: its parent is a shell that waits for the end of a pipe
 * from this process, then stops it and removes its folder.
 */
async function startDaemon(folder: string): Promise<string | null> {
  const host = `unix://${folder}/docker.sock`
  const folders = ['--data-root', 'data', '--exec-root', 'exec', '--pidfile', 'pid', '--host', host]
  // The tests need no network, so the host's must not change.
  const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false']
  const keeper = `"$@" >log 2>&1 & daemon=$!; cat >/dev/null; kill "$daemon"; wait "$daemon"; cd /; rm -rf "$0"`
  const argv = [
    DAEMON,
    ...folders.map((word) => (/^(?:data|exec|pid)$/.test(word) ? join(folder, word) : word)),
    ...network,
  ]
  const shell = Bun.spawn(['setsid', 'sh', '-c', keeper, folder, ...argv], {
    cwd: folder,
    env: { PATH, HOME: folder },
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  shell.unref()
  const deadline = Date.now() + START_MS_MAX
  while (!(await isListening(join(folder, 'log')))) {
    if (shell.exitCode !== null || Date.now() > deadline) return null
    await Bun.sleep(50)
  }
  return host
}

async function isListening(log: string): Promise<boolean> {
  return existsSync(log) && (await Bun.file(log).text()).includes('API listen on')
}
