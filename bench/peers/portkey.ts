import { freePort } from '../../test/support/server-process.ts'
import { own, scratchFolder, startOwned } from '../support/owned.ts'
import type { Contender } from '../support/servers.ts'

const PACKAGE = '@portkey-ai/gateway'
const INSTALL_TIMEOUT_MS = 60_000

/** Portkey's gateway from its package, installed for this run; `null`, with a line, where that is impossible. */
export async function startPortkey(upstreamUrl: string): Promise<Contender | null> {
  const folder = scratchFolder()
  const absent = (why: string): null => {
    console.log(`\n${PACKAGE} is left out: ${why}`)
    return null
  }
  const [node, npm] = [Bun.which('node'), Bun.which('npm')]
  if (node === null || npm === null) return absent('node and npm are not installed')
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--silent', '--prefix', folder]
  const install = Bun.spawn([npm, 'install', ...flags, PACKAGE], {
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: INSTALL_TIMEOUT_MS,
  })
  own(install.pid, install.exited)
  if ((await install.exited) !== 0) return absent('npm could not install it')
  const home = `${folder}/node_modules/${PACKAGE}`
  const { version }: { version: string } = await Bun.file(`${home}/package.json`).json()
  const port = await freePort()
  const command = [node, `${home}/build/start-server.js`, `--port=${port}`, '--headless']
  const env = { PORT: `${port}`, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' }
  const options = { port, env, cwd: home, readyPath: '/', output: 'ignore' } as const
  const server = await startOwned(command, options, 0)
  const headers = { 'x-portkey-provider': 'anthropic', 'x-portkey-custom-host': `${upstreamUrl}/v1` }
  return { name: `Portkey ${version}`, server, load: { headers } }
}
