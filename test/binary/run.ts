import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { eventually } from '../support/eventually.ts'
import { freePort, startServer } from '../support/server-process.ts'
import { openTally } from '../support/tally.ts'

/**
 * `bun run test:binary [path]`: the compiled executable as a stranger starts it, in an empty folder that cannot be
 * written, with no configuration at all. It must serve with its built-in simulator and leave nothing behind.
 */
const executable = resolve(process.argv[2] ?? 'dist/lynkr')
const tally = openTally()

const version = Bun.spawnSync([executable, '--version'], { env: {} }).stdout.toString()
tally.check('it says which version and commit it is', {
  'the version of package.json': version.includes(manifest.version),
  'a commit, or that it is unknown': /[0-9a-f]{12}|unknown/.test(version),
})

const home = mkdtempSync(join(tmpdir(), 'lynkr-binary-'))
const folder = mkdtempSync(join(tmpdir(), 'lynkr-empty-'))
chmodSync(folder, 0o555)
const port = await freePort()
const server = await startServer([executable, 'serve'], {
  port,
  cwd: folder,
  env: { HOME: home, PORT: `${port}`, GRACEFUL_SHUTDOWN_TIMEOUT: '600' },
  readyPath: '/health/live',
})

const live = await fetch(`${server.url}/health/live`)
tally.check('it is alive', { 'status 200': live.status === 200 }, server.output)

for (const stream of [false, true]) {
  const answer = await fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude-sonnet-5-5',
      max_tokens: 64,
      stream,
      messages: [{ role: 'user', content: 'say hello' }],
    }),
  })
  const text = await answer.text()
  tally.check(
    `it proxies a message to its simulator, ${stream ? 'as a stream' : 'whole'}`,
    {
      'status 200': answer.status === 200,
      'the header says where the answer comes from': answer.headers.get('x-lynkr-upstream') === 'simulator',
      'the answer is complete': stream
        ? text.includes('event: message_stop')
        : text.includes('"stop_reason":"end_turn"'),
    },
    () => `${text}\n${server.output()}`,
  )
}

/** What a request counts, asked of a program; nothing is sent. */
function counted(command: readonly string[]): number {
  const request = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hello <|endoftext|>, wörld 🎉 return x+=1' }] }
  const { stdout } = Bun.spawnSync([...command, 'explain', '--surface', 'chat', '--json'], {
    env: { HOME: home, OPENAI_API_KEY: 'none' },
    stdin: Buffer.from(JSON.stringify(request)),
  })
  return JSON.parse(stdout.toString()).tokens.inputCounted
}
tally.check('it counts tokens as its source does', {
  'with the same table': counted([executable]) === counted([process.execPath, resolve('src/main.ts')]),
})

const exitCode = await server.stop()
tally.check('it stops when told to', { 'exit code 0': exitCode === 0 }, server.output)
tally.check('it wrote nothing where it was started', { 'the folder is empty': readdirSync(folder).length === 0 })

const crew = await startServer([executable, 'serve', '--workers', '2'], {
  port,
  cwd: folder,
  env: { HOME: home, PORT: `${port}`, GRACEFUL_SHUTDOWN_TIMEOUT: '600' },
  readyPath: '/health/live',
})
let health = ''
await eventually(async () => {
  health = await (await fetch(`${crew.url}/health/ready`)).text()
  return health.includes('2 of 2 workers serve')
}).catch(() => undefined)
tally.check(
  'two workers of it serve one port',
  {
    'both are ready': health.includes('2 of 2 workers serve'),
    'the supervisor is who takes the signals':
      JSON.parse(await (await fetch(`${crew.url}/health/live`)).text()).pid === crew.pid,
    'exit code 0': (await crew.stop()) === 0,
  },
  () => `${health}\n${crew.output()}`,
)

for (const path of [home, folder]) rmSync(path, { recursive: true, force: true })
tally.finish()
