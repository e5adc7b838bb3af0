import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DialectId } from '../../src/core/dialect-id.ts'
import type { ReceivedRequest } from '../../src/simulator/journal.ts'
import type { Script } from '../../src/simulator/script.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { freePort, lynkrCommand, startServer } from '../support/server-process.ts'
import { openTally } from '../support/tally.ts'
import { CLAUDE_CODE_VERSION, CLIENT_TOKEN, type ClientRun, installClaudeCode, runClaudeCode } from './claude-code.ts'
import { CODEX_VERSION, installCodex } from './codex.ts'
import { runCodexLanes } from './codex-lanes.ts'
import { LANES, type Lane } from './lanes.ts'
import { runMcpLane } from './mcp-lane.ts'
import { describeIsolation, runInNamespace } from './namespace.ts'
import { SCENARIOS, type Scenario, type Seen } from './scenarios.ts'

/**
 * `bun run test:clients`: an unmodified Claude Code and Codex work through lynkr against the simulator. Every lane × every
 * scenario; claims about what the client printed and about what the upstream received. `LYNKR_COMMAND=dist/lynkr` runs
 * the same with the compiled executable; `codex` or `claude-code` as an argument runs that client alone,
 * and a lane's name behind it that lane.
 */
const [ONLY, LANE] = process.argv.slice(2)
const executable = installClaudeCode()
const codex = installCodex()
const inner = await runInNamespace()
if (inner !== null) process.exit(inner)

const clients = `Claude Code ${CLAUDE_CODE_VERSION} and Codex ${CODEX_VERSION}`
console.log(`${clients} through ${lynkrCommand().join(' ')}, ${describeIsolation()}`)
const tally = openTally()
if (ONLY !== 'codex') for (const lane of LANES.filter(({ name }) => name === (LANE ?? name))) await runLane(lane)
if (ONLY !== 'codex' && LANE === undefined) await runMcpLane(executable, tally)
if (ONLY !== 'claude-code') await runCodexLanes(codex, tally)
tally.finish()

async function runLane(lane: Lane): Promise<void> {
  const simulator = await startSimulator()
  const state = mkdtempSync(join(tmpdir(), 'lynkr-clients-'))
  const port = await freePort()
  const env = { HOME: state, LYNKR_DATA_DIR: state, PORT: `${port}`, ...lane.env(simulator.url) }
  const lynkr = await startServer([...lynkrCommand(), 'serve'], { port, env, readyPath: '/health/live' })
  try {
    for (const scenario of SCENARIOS) {
      simulator.clear()
      const own: Partial<Record<DialectId, readonly Script[] | undefined>> = {
        'openai-chat': scenario.chatScripts,
        'openai-responses': scenario.responsesScripts,
      }
      simulator.enqueue(...(own[lane.dialect] ?? scenario.scripts))
      const client = await runClaudeCode(executable, lynkr.url, scenario.prompt)
      const seen = simulator.requests().filter(isInference).map(toSeen)
      const evidence = (): string => `${describe(client, simulator.requests())}\n${lynkr.output()}`
      tally.check(`${lane.name}: ${scenario.name}`, claims(lane, scenario, client, seen), evidence)
    }
  } finally {
    await lynkr.stop()
    await simulator.stop()
    rmSync(state, { recursive: true, force: true })
  }
}

function claims(lane: Lane, scenario: Scenario, client: ClientRun, seen: readonly Seen[]): Record<string, boolean> {
  const upstream = seen.map((request) => lane.expectEach(request))
  return {
    ...scenario.expect(client, seen),
    'a request reached the upstream': seen.length > 0,
    'the client token stayed here': !JSON.stringify(seen.map((request) => request.headers)).includes(CLIENT_TOKEN),
    ...Object.fromEntries(
      Object.keys(upstream[0] ?? {}).map((claim) => [claim, upstream.every((one) => one[claim] === true)]),
    ),
  }
}

function isInference(request: ReceivedRequest): boolean {
  return request.method === 'POST' && !request.path.endsWith('/count_tokens')
}

function toSeen(request: ReceivedRequest): Seen {
  const body: Seen['body'] = JSON.parse(request.text)
  return { path: request.path, headers: Object.fromEntries(request.headers), body }
}

/** Shape only: what a client sends contains its vendor's prompt, which belongs in no log. */
function describe(client: ClientRun, requests: readonly ReceivedRequest[]): string {
  const upstream = requests.map(({ method, path, status, aborted }) => `${method} ${path} ${status} ${aborted}`)
  const { result, is_error } = client.result
  return [`client: exit ${client.exitCode}, error ${is_error}, says ${result}`, client.stderr, ...upstream].join('\n')
}
