import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../test/support/free-port.ts'

/**
 * `bun run test:first-answer`: from nothing to the first proxied answer by each of the three ways, in seconds. Nothing
 * means an empty home, no cache, no configuration: source is cloned and its packages fetched, the executable is
 * downloaded from a file server and its checksum compared, the image is loaded from an archive, as a pull would unpack
 * it. Building the executable and the image is what a release has done before; it is not counted.
 *
 * Needs `dist/lynkr` (`bun run build`); the image, if `LYNKR_IMAGE` names one, out of the file `LYNKR_IMAGE_ARCHIVE` if
 * that is set. Says of each way whether it took at most a minute, which depends on the machine and the network as much
 * as on lynkr; ends with 1 if one does not come to a right answer at all.
 */
const LIMIT_SECONDS = 60
/** A limit for what never answers. */
const ANSWER_SECONDS_MAX = 240
const BODY = { model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] }
const KEY = 'a-key-of-at-least-22-characters'

interface Way {
  readonly name: string
  /** Brings lynkr to this port; what it started ends with `signal`. */
  start(folder: string, port: number): Promise<{ stop(): Promise<unknown> }>
}

const WAYS: readonly Way[] = [
  { name: 'source', start: fromSource },
  { name: 'executable', start: fromExecutable },
  ...(process.env.LYNKR_IMAGE === undefined ? [] : [{ name: 'image', start: fromImage }]),
]

let failed = 0
for (const { name, start } of WAYS) {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-first-'))
  const port = await freePort()
  const startMs = performance.now()
  const running = await start(folder, port)
  const text = await firstAnswer(port, startMs)
  const seconds = (performance.now() - startMs) / 1_000
  await running.stop()
  rmSync(folder, { recursive: true, force: true })
  const ok = text?.includes('"stop_reason":"end_turn"') === true
  if (!ok) failed++
  const verdict = seconds <= LIMIT_SECONDS ? 'met' : 'missed'
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.toFixed(1)} s to the first answer (at most ${LIMIT_SECONDS} s: ${verdict})`,
  )
}
console.log(`${WAYS.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

/** A new user's environment; PATH alone is the machine's, and what reaches the package registry. */
function freshEnv(home: string, port: number): Record<string, string> {
  const passed = Object.entries(process.env).filter(([name]) => /^(PATH|npm_config_|.*_proxy$)/i.test(name))
  return { ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ''])), HOME: home, PORT: `${port}` }
}

async function fromSource(folder: string, port: number) {
  await run(['git', 'clone', '--quiet', '--depth', '1', `file://${process.cwd()}`, join(folder, 'lynkr')])
  const npmrc = Bun.file(join(process.env.HOME ?? '', '.npmrc'))
  if (await npmrc.exists()) await Bun.write(join(folder, '.npmrc'), npmrc)
  return spawn(['npx', '--yes', `bun@${Bun.version}`, 'run', 'start'], freshEnv(folder, port), join(folder, 'lynkr'))
}

async function fromExecutable(folder: string, port: number) {
  const release = join(folder, 'release')
  mkdirSync(release)
  const file = `lynkr-linux-${process.arch}`
  copyFileSync('dist/lynkr', join(release, file))
  const sum = new Bun.CryptoHasher('sha256').update(await Bun.file(join(release, file)).bytes()).digest('hex')
  await Bun.write(join(release, 'SHA256SUMS'), `${sum}  ${file}\n`)
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => new Response(Bun.file(join(release, new URL(url).pathname))),
  })
  const env = { ...freshEnv(folder, port), LYNKR_RELEASE_URL: server.url.href.replace(/\/$/, '') }
  await run(['sh', 'scripts/install.sh'], env)
  await server.stop(true)
  return spawn([join(folder, '.local', 'bin', 'lynkr'), 'serve'], env, folder)
}

async function fromImage(folder: string, port: number) {
  const image = process.env.LYNKR_IMAGE ?? ''
  const archive = process.env.LYNKR_IMAGE_ARCHIVE ?? join(folder, 'image.tar')
  if (process.env.LYNKR_IMAGE_ARCHIVE === undefined) await run(['docker', 'save', '--output', archive, image])
  await run(['docker', 'load', '--quiet', '--input', archive])
  const simulatorPort = await freePort()
  const env = [
    '-e',
    `LYNKR_API_KEYS=${KEY}`,
    '-e',
    `CUSTOM_API_BASE=http://127.0.0.1:${simulatorPort}`,
    '-e',
    'CUSTOM_API_KEY=k',
    '-e',
    `PORT=${port}`,
  ]
  const simulator = spawn(
    ['docker', 'run', '--rm', '--network', 'host', image, 'simulate', '--port', `${simulatorPort}`],
    undefined,
    folder,
  )
  const lynkr = spawn(['docker', 'run', '--rm', '--network', 'host', ...env, image], undefined, folder)
  return { stop: async () => await Promise.all([lynkr.stop(), simulator.stop()]) }
}

async function run(command: string[], env?: Record<string, string>): Promise<void> {
  const child = Bun.spawn(command, { ...(env !== undefined && { env }), stdio: ['ignore', 'ignore', 'inherit'] })
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`)
}

function spawn(command: string[], env: Record<string, string> | undefined, cwd: string) {
  const child = Bun.spawn(command, {
    ...(env !== undefined && { env }),
    cwd,
    stdio: ['ignore', 'ignore', 'ignore'],
    detached: true,
  })
  return {
    async stop() {
      process.kill(-child.pid, 'SIGTERM')
      await child.exited
    },
  }
}

/** `null` if there is none within `ANSWER_SECONDS_MAX`. */
async function firstAnswer(port: number, startMs: number): Promise<string | null> {
  while (performance.now() - startMs < 1_000 * ANSWER_SECONDS_MAX) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify(BODY),
    }).catch(() => null)
    if (answer?.ok === true) return await answer.text()
    await Bun.sleep(50)
  }
  return null
}
