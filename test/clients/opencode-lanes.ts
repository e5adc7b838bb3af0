import type { Script } from '../../src/simulator/script.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Tally } from '../support/tally.ts'
import { withLane } from './lane-rig.ts'
import { OPENCODE_TOKEN, type OpencodeLibrary, type OpencodeRun, runOpencode } from './opencode.ts'

/** A library of the client, a provider row, and the path that the requests must come by. */
interface OpencodeLane {
  readonly name: string
  readonly library: OpencodeLibrary
  readonly model: string
  readonly path: string
  readonly env: (simulatorUrl: string) => Readonly<Record<string, string>>
}

const LANES: readonly OpencodeLane[] = [
  {
    name: 'Messages before anthropic',
    library: '@ai-sdk/anthropic',
    model: 'claude-sonnet-4-5',
    path: '/v1/messages',
    env: (url) => ({ ANTHROPIC_API_KEY: 'ours', ANTHROPIC_API_BASE: url }),
  },
  {
    name: 'Chat before databricks',
    library: '@ai-sdk/openai-compatible',
    model: 'databricks-claude-sonnet-4-5',
    path: '/serving-endpoints/chat/completions',
    env: (url) => ({ DATABRICKS_API_BASE: url, DATABRICKS_API_KEY: 'ours' }),
  },
]

interface OpencodeScenario {
  readonly name: string
  readonly scripts: readonly Script[]
  readonly answer: string
  /** Texts that the upstream must have got in the last request of the work. */
  readonly arrives: readonly string[]
  readonly requests: number
}

const command = `printf '%s' "lynkr-$((40 + 2))"`
const bash = { tool: { id: 'toolu_round', name: 'bash', input: { command, description: 'Prints a word' } } }
/** The work itself brings tools; the title of the session, which the client asks for meanwhile, does not. */
const work = (script: Script): Script => ({ ...script, match: { tools: true } })

const SCENARIOS: readonly OpencodeScenario[] = [
  {
    name: 'a plain answer',
    scripts: [work({ blocks: [{ text: 'Hello from the simulator.' }] })],
    answer: 'Hello from the simulator.',
    arrives: ['say hello'],
    requests: 1,
  },
  {
    name: 'a tool call and its result',
    scripts: [work({ blocks: [{ text: 'I will run it.' }, bash] }), work({ blocks: [{ text: 'It printed that.' }] })],
    answer: 'It printed that.',
    arrives: ['toolu_round', 'lynkr-42'],
    requests: 2,
  },
  {
    name: 'an upstream that fails, then works',
    scripts: [work({ status: 503 }), work({ blocks: [{ text: 'Hello after all.' }] })],
    answer: 'Hello after all.',
    arrives: ['say hello'],
    requests: 2,
  },
]

/** Real opencode through lynkr: every lane × scenario. */
export async function runOpencodeLanes(executable: string, tally: Tally): Promise<void> {
  for (const lane of LANES) {
    await withLane(lane.env, async ({ simulator, lynkr }) => {
      for (const scenario of SCENARIOS) {
        simulator.clear()
        simulator.setDefault({ blocks: [{ text: 'A title' }] })
        simulator.enqueue(...scenario.scripts)
        const before = lynkr.output().length
        const client = await runOpencode(executable, lynkr.url, 'say hello', lane)
        const evidence = (): string => `${describe(client, simulator)}\n${lynkr.output().slice(before)}`
        tally.check(`opencode, ${lane.name}: ${scenario.name}`, claims(lane, scenario, client, simulator), evidence)
      }
    })
  }
}

function claims(
  lane: OpencodeLane,
  scenario: OpencodeScenario,
  client: OpencodeRun,
  simulator: Simulator,
): Record<string, boolean> {
  const seen = simulator.requests().filter(({ method }) => method === 'POST')
  const turns = seen.filter(({ json }) => JSON.stringify(json ?? null).includes('"tools":['))
  const words = JSON.stringify(turns.at(-1)?.json ?? null)
  return {
    'the client ends well': client.exitCode === 0,
    'the client takes the answer': client.answers.at(-1) === scenario.answer,
    'no more requests went upstream than the work needs': turns.length === scenario.requests,
    'all came by the path of the lane': seen.every(({ path }) => path === lane.path),
    'what was said arrived': scenario.arrives.every((text) => words.includes(JSON.stringify(text).slice(1, -1))),
    'the client token stayed here': seen.every(({ headers }) => !JSON.stringify([...headers]).includes(OPENCODE_TOKEN)),
  }
}

/** Shape only: what a client sends contains its maker's prompt, which belongs in no log. */
function describe(client: OpencodeRun, simulator: Simulator): string {
  const upstream = simulator.requests().map(({ method, path, status }) => `${method} ${path} ${status}`)
  const lines = client.lines.map((line) => JSON.stringify(line).slice(0, 300))
  return [`client: exit ${client.exitCode}`, ...lines, client.stderr.slice(-1_000), ...upstream].join('\n')
}
