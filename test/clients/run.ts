import type { DialectId } from '../../src/core/dialect-id.ts'
import type { ReceivedRequest } from '../../src/simulator/journal.ts'
import type { Script } from '../../src/simulator/script.ts'
import { lynkrCommand } from '../support/server-process.ts'
import { openTally } from '../support/tally.ts'
import { CLAUDE_CODE, CLIENT_TOKEN, type ClientRun, runClaudeCode } from './claude-code.ts'
import { CODEX } from './codex.ts'
import { runCodexLanes } from './codex-lanes.ts'
import { installClient } from './install-client.ts'
import { withLane } from './lane-rig.ts'
import { LANES, type Lane } from './lanes.ts'
import { runMcpLane } from './mcp-lane.ts'
import { describeIsolation, runInNamespace } from './namespace.ts'
import { OPENCODE } from './opencode.ts'
import { runOpencodeLanes } from './opencode-lanes.ts'
import { SCENARIOS, type Scenario, type Seen } from './scenarios.ts'

/**
 * `bun run test:clients`: unmodified Claude Code, Codex and opencode work through lynkr against the simulator. Every lane ×
 * every scenario; claims about what the client printed and about what the upstream received. `LYNKR_COMMAND=dist/lynkr`
 * runs the same with the compiled executable; `claude-code`, `codex` or `opencode` as an argument runs that client alone,
 * and the name of one of its lanes behind it that lane (not of opencode's).
 */
const [ONLY, LANE] = process.argv.slice(2)
const isMeant = (client: string): boolean => ONLY === undefined || ONLY === client
const executable = installClient(CLAUDE_CODE)
const codex = installClient(CODEX)
const opencode = installClient(OPENCODE)
const inner = await runInNamespace()
if (inner !== null) process.exit(inner)

const clients = `Claude Code ${CLAUDE_CODE.version}, Codex ${CODEX.version} and opencode ${OPENCODE.version}`
console.log(`${clients} through ${lynkrCommand().join(' ')}, ${describeIsolation()}`)
const tally = openTally()
if (isMeant('claude-code')) {
  for (const lane of LANES.filter(({ name }) => name === (LANE ?? name))) await runLane(lane)
  if (LANE === undefined) await runMcpLane(executable, tally)
}
if (isMeant('codex')) await runCodexLanes(codex, tally, LANE)
if (isMeant('opencode')) await runOpencodeLanes(opencode, tally)
tally.finish()

async function runLane(lane: Lane): Promise<void> {
  await withLane(lane.env, async ({ simulator, lynkr }) => {
    for (const scenario of SCENARIOS.filter(({ isBrief }) => isBrief === true || lane.isBrief !== true)) {
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
  })
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
  return request.method === 'POST' && !/\/count[_-]tokens(:rawPredict)?$/.test(request.path)
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
