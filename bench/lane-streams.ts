import type { Plan } from './plan.ts'
import { rssMegabytes } from './support/process-cost.ts'
import { BENCH_KEY } from './support/request.ts'
import { openStreams } from './support/run-load.ts'
import type { Section } from './support/section.ts'
import { setAnswer, startLynkr, startUpstream } from './support/servers.ts'

const OPEN_STREAMS = 1_000
const MEMORY_MAX_MB = 200
const STREAM = { bodyBytes: 1_024, stream: true, concurrency: OPEN_STREAMS }
/** Streams that say something twice a second, for longer than it takes. */
const SLOW_ANSWER = { blocks: [{ text: 'word '.repeat(3_000) }], chunkChars: 5, delayMs: 500 }

/** The environment of a lane, given the simulator's address. Its clients speak Messages. */
const LANES: Readonly<Record<string, (url: string) => Readonly<Record<string, string>>>> = {
  'Chat (openai)': (url) => ({ MODEL_PROVIDER: 'custom-openai', CUSTOM_OPENAI_API_BASE: `${url}/v1` }),
  Responses: (url) => ({
    MODEL_PROVIDER: 'openai-responses',
    OPENAI_API_KEY: 'bench',
    OPENAI_RESPONSES_API_BASE: url,
  }),
  'Bedrock InvokeModel': (url) => bedrock('BEDROCK', url),
  'Bedrock Converse': (url) => bedrock('BEDROCK_CONVERSE', url),
  Gemini: (url) => ({
    MODEL_PROVIDER: 'gemini',
    GEMINI_API_KEY: 'bench',
    GEMINI_API_BASE: url,
    GEMINI_MODEL: 'gemini-3.1-pro',
  }),
}

function bedrock(prefix: 'BEDROCK' | 'BEDROCK_CONVERSE', url: string): Readonly<Record<string, string>> {
  const provider = prefix.toLowerCase().replace('_', '-')
  return {
    MODEL_PROVIDER: provider,
    AWS_REGION: 'us-east-1',
    AWS_BEARER_TOKEN_BEDROCK: 'bench',
    [`${prefix}_API_BASE`]: url,
    [`${prefix}_MODEL`]: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  }
}

/** Memory of a process with streams open in one lane, for every dialect that an upstream may speak. */
export async function laneStreamsSection({ deadline }: Plan): Promise<Section> {
  const upstream = await startUpstream()
  await setAnswer(upstream, SLOW_ANSWER)
  const measured: { lane: string; beforeMb: number; openMb: number; open: number }[] = []
  for (const [lane, env] of Object.entries(LANES)) {
    if (deadline.isOver()) break
    // Without a budget: not every model of every cloud has a price that is known.
    const lynkr = await startLynkr(upstream.url, { LYNKR_API_KEYS: BENCH_KEY, ...env(upstream.url) }, 0)
    const beforeMb = rssMegabytes(lynkr.pid)
    const { open, close } = await openStreams({ ...STREAM, port: lynkr.port })
    measured.push({ lane, beforeMb, openMb: rssMegabytes(lynkr.pid), open })
    await close()
    await lynkr.stop()
  }
  return {
    title: 'Streams of Messages clients, by what the upstream speaks',
    columns: ['lane', 'memory before, MB', `memory with ${OPEN_STREAMS} open streams, MB`],
    rows: measured.map(({ lane, beforeMb, openMb }) => [lane, beforeMb.toFixed(0), openMb.toFixed(0)]),
    targets: measured.flatMap(({ lane, openMb, open }) => [
      { what: `${lane}: streams open`, limit: OPEN_STREAMS, measured: open, unit: 'streams', bound: 'at least' },
      {
        what: `${lane}: ${OPEN_STREAMS} open streams`,
        limit: MEMORY_MAX_MB,
        measured: openMb,
        unit: 'MB',
        bound: 'under',
      },
    ]),
    data: measured,
  }
}
