import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { openCommandState } from '../support/command-state.ts'
import { openTestEngine } from '../support/docker.ts'
import { freePort, lynkrCommand, startServer } from '../support/server-process.ts'
import type { Tally } from '../support/tally.ts'
import { type ClientRun, runClaudeCode } from './claude-code.ts'

const TOOL = 'mcp__lynkr__search'

/** Claude Code calls a command through `/mcp`; the command runs in a real container. Without an engine (not in CI): not. */
export async function runMcpLane(executable: string, tally: Tally): Promise<void> {
  const docker = await openTestEngine()
  if (docker === null) return
  using state = openCommandState(docker)
  const simulator = await startSimulator()
  const port = await freePort()
  const env = { ...state.env, PORT: `${port}` }
  const build = Bun.spawnSync([...lynkrCommand(), 'sandbox', 'build'], { env })
  const lynkr = await startServer([...lynkrCommand(), 'serve'], {
    port,
    env: { ...env, ANTHROPIC_API_KEY: 'upstream-key-of-the-test', ANTHROPIC_API_BASE: simulator.url },
    readyPath: '/health/live',
  })
  try {
    const config = join(state.folder, 'mcp.json')
    const headers = { Authorization: `Bearer ${state.adminKey()}` }
    writeFileSync(config, JSON.stringify({ mcpServers: { lynkr: { type: 'http', url: `${lynkr.url}/mcp`, headers } } }))
    for (const { name, input, expected } of CALLS) {
      simulator.clear()
      simulator.enqueue(
        { blocks: [{ tool: { id: 'toolu_mcp', name: TOOL, input } }] },
        { blocks: [{ text: 'That is what the command says.' }] },
      )
      const extra = ['--mcp-config', config, '--strict-mcp-config']
      const client = await runClaudeCode(executable, lynkr.url, 'look for the needle', { tools: TOOL, extra })
      const seen = simulator.requests().filter(({ path }) => path.split('?')[0] === '/v1/messages')
      const claims = {
        'the image was built': build.success,
        'the client tells the model of the command': seen[0]?.text.includes(TOOL) === true,
        'what the command answered came back': resultOf(seen.at(-1)?.text).includes(expected),
        'the client prints the answer': answered(client),
      }
      tally.check(`mcp: ${name}`, claims, () => `${resultOf(seen.at(-1)?.text)}\n${client.stderr}\n${lynkr.output()}`)
    }
  } finally {
    await lynkr.stop()
    await simulator.stop()
  }
}

const CALLS = [
  { name: 'a command and its output', input: { pattern: 'needle' }, expected: './notes.txt:2:a needle' },
  { name: 'a refused value', input: { pattern: 'x', path: '../home' }, expected: 'outside_root' },
]

/** The tool result in the last message that the upstream received, as text. */
function resultOf(body: string | undefined): string {
  const { messages } = JSON.parse(body ?? '{"messages":[]}')
  return JSON.stringify(messages.at(-1) ?? null)
}

function answered({ exitCode, result }: ClientRun): boolean {
  return exitCode === 0 && String(result.result).includes('That is what the command says.')
}
