import type { Script } from '../../src/simulator/script.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Tally } from '../support/tally.ts'
import { bedrockEnvironment, geminiEnvironment } from './cloud-environment.ts'
import { CODEX_TOKEN, type CodexRun, runCodex, type Transport } from './codex.ts'
import { withLane } from './lane-rig.ts'

/** A provider row that Codex works through, and the path that its requests must come by. */
interface CodexLane {
  readonly name: string
  readonly path: RegExp
  /** Transports by which every scenario runs. */
  readonly whole: readonly Transport[]
  /** Transports by which only those run that show another dialect at work: the rest does not depend on it. */
  readonly brief: readonly Transport[]
  /** Calls have no ids there; results name the function. */
  readonly isWithoutIds?: true
  readonly env: (simulatorUrl: string) => Readonly<Record<string, string>>
}

const BOTH: readonly Transport[] = ['http', 'websocket']

const LANES: readonly CodexLane[] = [
  {
    name: 'openai-responses',
    path: /^\/v1\/responses$/,
    whole: BOTH,
    brief: [],
    env: (url) => ({ MODEL_PROVIDER: 'openai-responses', OPENAI_API_KEY: 'ours', OPENAI_RESPONSES_API_BASE: url }),
  },
  {
    name: 'openai, by its key alone',
    path: /^\/v1\/responses$/,
    whole: ['http'],
    brief: [],
    env: (url) => ({ OPENAI_API_KEY: 'ours', OPENAI_API_BASE: url }),
  },
  {
    name: 'anthropic',
    path: /^\/v1\/messages$/,
    whole: BOTH,
    brief: [],
    env: (url) => ({ ANTHROPIC_API_KEY: 'ours', ANTHROPIC_API_BASE: url }),
  },
  {
    name: 'databricks',
    path: /^\/serving-endpoints\/chat\/completions$/,
    whole: ['http'],
    brief: ['websocket'],
    env: (url) => ({ MODEL_PROVIDER: 'databricks', DATABRICKS_API_BASE: url, DATABRICKS_API_KEY: 'ours' }),
  },
  {
    name: 'bedrock',
    path: /^\/model\/[^/]+\/invoke-with-response-stream$/,
    whole: [],
    brief: BOTH,
    env: (url) => bedrockEnvironment('bedrock', url),
  },
  {
    name: 'bedrock-converse',
    path: /^\/model\/[^/]+\/converse-stream$/,
    whole: [],
    brief: BOTH,
    env: (url) => bedrockEnvironment('bedrock-converse', url),
  },
  {
    name: 'gemini',
    path: /^\/v1beta\/models\/gemini-3.1-pro:streamGenerateContent$/,
    whole: [],
    brief: BOTH,
    isWithoutIds: true,
    env: geminiEnvironment,
  },
]

interface CodexScenario {
  readonly name: string
  readonly scripts: readonly Script[]
  readonly answer: string
  /** Texts that the upstream must have got in its last request. */
  readonly arrives: readonly string[]
  readonly requests: number
  /** Transports of the brief lanes that it runs by. */
  readonly brief: readonly Transport[]
}

const SIGNATURE = Buffer.from('a signature that only its maker can check').toString('base64')
const shell = (id: string, cmd: string) => ({ tool: { id, name: 'exec_command', input: { cmd } } })

const SCENARIOS: readonly CodexScenario[] = [
  {
    name: 'a plain answer',
    brief: ['http'],
    scripts: [{ blocks: [{ text: 'Hello from the simulator.' }] }],
    answer: 'Hello from the simulator.',
    arrives: ['say hello'],
    requests: 1,
  },
  {
    name: 'a tool call and its result, with thinking that goes back',
    brief: BOTH,
    scripts: [
      {
        blocks: [
          { thinking: 'One step.', signature: SIGNATURE },
          shell('call_round', `printf '%s' "lynkr-$((40 + 2))"`),
        ],
      },
      { blocks: [{ text: 'The command printed it.' }] },
    ],
    answer: 'The command printed it.',
    arrives: ['call_round', 'lynkr-42'],
    requests: 2,
  },
  {
    name: 'a patch in free text',
    brief: [],
    scripts: [
      {
        blocks: [
          {
            tool: {
              id: 'call_patch',
              name: 'apply_patch',
              input: { input: '*** Begin Patch\n*** Add File: made.txt\n+"made" by a patch\n*** End Patch\n' },
            },
          },
        ],
        chunkChars: 7,
      },
      { blocks: [shell('call_cat', 'cat made.txt')] },
      { blocks: [{ text: 'The file is there.' }] },
    ],
    answer: 'The file is there.',
    arrives: ['call_patch', '"made" by a patch'],
    requests: 3,
  },
  {
    name: 'an upstream that fails, then works',
    brief: ['http'],
    scripts: [{ status: 503 }, { blocks: [{ text: 'Hello after all.' }] }],
    answer: 'Hello after all.',
    arrives: ['say hello'],
    requests: 2,
  },
  {
    name: 'a stream cut inside its words',
    brief: [],
    scripts: [
      {
        blocks: [{ text: 'These words are never finished, however long one waits for their end.' }],
        chunkChars: 4,
        delayMs: 20,
        fault: { type: 'reset', at: 'body', afterEvents: 8 },
      },
      { blocks: [{ text: 'Hello, whole this time.' }] },
    ],
    answer: 'Hello, whole this time.',
    arrives: ['say hello'],
    requests: 2,
  },
]

/** Real Codex through lynkr: every lane × transport × scenario, or one lane alone. */
export async function runCodexLanes(executable: string, tally: Tally, only?: string): Promise<void> {
  for (const lane of LANES.filter(({ name }) => name === (only ?? name))) await runLane(executable, lane, tally)
}

async function runLane(executable: string, lane: CodexLane, tally: Tally): Promise<void> {
  await withLane(lane.env, async ({ simulator, lynkr }) => {
    for (const { transport, scenario } of runsOf(lane)) {
      simulator.clear()
      simulator.enqueue(...scenario.scripts)
      const before = lynkr.output().length
      const client = await runCodex(executable, lynkr.url, 'say hello', { transport })
      const evidence = (): string => `${describe(client, simulator)}\n${lynkr.output().slice(before)}`
      tally.check(
        `codex, ${transport}, ${lane.name}: ${scenario.name}`,
        claims(lane, scenario, client, simulator),
        evidence,
      )
    }
  })
}

function runsOf({ whole, brief }: CodexLane): { transport: Transport; scenario: CodexScenario }[] {
  return BOTH.flatMap((transport) => {
    const isIn = (scenario: CodexScenario): boolean => brief.includes(transport) && scenario.brief.includes(transport)
    return SCENARIOS.filter((scenario) => whole.includes(transport) || isIn(scenario)).map((scenario) => {
      return { transport, scenario }
    })
  })
}

function claims(
  lane: CodexLane,
  scenario: CodexScenario,
  client: CodexRun,
  simulator: Simulator,
): Record<string, boolean> {
  const seen = simulator.requests().filter(({ method }) => method === 'POST')
  const last = seen.at(-1)
  const words = JSON.stringify(last?.json ?? null)
  return {
    'the client ends well': client.exitCode === 0,
    'the client takes the answer, and no half one': client.answers.at(-1) === scenario.answer,
    'no more requests went upstream than the work needs': seen.length === scenario.requests,
    'all came by the path of the lane': seen.every(({ path }) => lane.path.test(path)),
    'what was said arrived': scenario.arrives
      .filter((text) => lane.isWithoutIds !== true || !text.startsWith('call_'))
      .every((text) => words.includes(JSON.stringify(text).slice(1, -1))),
    'the client token stayed here': seen.every(({ headers }) => !JSON.stringify([...headers]).includes(CODEX_TOKEN)),
  }
}

/** Shape only: what a client sends contains its vendor's prompt, which belongs in no log. */
function describe(client: CodexRun, simulator: Simulator): string {
  const upstream = simulator.requests().map(({ method, path, status }) => `${method} ${path} ${status}`)
  const lines = client.lines.map((line) => JSON.stringify(line).slice(0, 300))
  return [`client: exit ${client.exitCode}`, ...lines, client.stderr.slice(-1_000), ...upstream].join('\n')
}
