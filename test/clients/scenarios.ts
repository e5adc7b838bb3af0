import type { Script } from '../../src/simulator/script.ts'
import type { ClientRun } from './claude-code.ts'

/** A request as the simulator got it, body parsed. */
export interface Seen {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** What a session must look like from both ends. `expect` returns claims; a session passes when all are true. */
export interface Scenario {
  readonly name: string
  readonly prompt: string
  readonly scripts: readonly Script[]
  /** Of an upstream that speaks Chat, or Responses, where events fall differently. */
  readonly chatScripts?: readonly Script[]
  readonly responsesScripts?: readonly Script[]
  /** Runs before every upstream. */
  readonly isBrief?: true
  readonly expect: (client: ClientRun, seen: readonly Seen[]) => Readonly<Record<string, boolean>>
}

const SIGNATURE = Buffer.from('a signature that only its maker can check').toString('base64')

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a plain answer',
    isBrief: true,
    prompt: 'say hello',
    scripts: [{ blocks: [{ text: 'Hello from the simulator.' }] }],
    expect: (client, seen) => ({
      'the client prints the answer': answered(client, 'Hello from the simulator.'),
      'one request went upstream': seen.length === 1,
      'the request asked for a stream': seen[0]?.body.stream === true || /stream/i.test(seen[0]?.path ?? ''),
      'the prompt arrived': conversationOf(seen[0]).includes('say hello'),
    }),
  },
  {
    name: 'a tool call and its result',
    isBrief: true,
    prompt: 'run the command',
    scripts: [
      { blocks: [{ text: 'I will run it.' }, bash('toolu_round', `printf '%s' "lynkr-$((40 + 2))"`)] },
      { blocks: [{ text: 'The command printed it.' }] },
    ],
    expect: (client, seen) => ({
      'the client prints the second answer': answered(client, 'The command printed it.'),
      'two requests went upstream': seen.length === 2,
      'the result came back': conversationOf(seen[1]).includes('lynkr-42'),
      'the result names its call': NAMES_CALL.test(conversationOf(seen[1])),
    }),
  },
  {
    name: 'a thinking stream, signed, and sent back',
    prompt: 'think, then run the command',
    scripts: [
      { blocks: [{ thinking: 'One step at a time.', signature: SIGNATURE }, bash('toolu_think', 'true')] },
      { blocks: [{ thinking: 'Done.' }, { text: 'Thought through.' }] },
    ],
    expect: (client, seen) => ({
      'the client prints the answer': answered(client, 'Thought through.'),
      'the client saw a thinking block': client.events.some((event) => blockType(event) === 'thinking'),
      'the client saw the signature': JSON.stringify(client.events).includes(SIGNATURE),
      'the signature went back untouched': conversationOf(seen[1]).includes(`"${SIGNATURE}"`),
    }),
  },
  {
    name: 'an overloaded upstream, then success',
    isBrief: true,
    prompt: 'say hello',
    scripts: [{ status: 529 }, { blocks: [{ text: 'Hello after all.' }] }],
    expect: (client, seen) => ({
      'the client prints the answer': answered(client, 'Hello after all.'),
      'two requests went upstream': seen.length === 2,
      'both asked the same': conversationOf(seen[0]) === conversationOf(seen[1]),
    }),
  },
  {
    name: 'a stream cut inside its first block',
    prompt: 'say hello',
    scripts: [
      { blocks: [{ text: 'These words are never finished.' }], fault: { type: 'reset', at: 'body', afterEvents: 3 } },
      { blocks: [{ text: 'Hello, whole this time.' }] },
    ],
    expect: (client, seen) => ({
      'the client prints the second answer': answered(client, 'Hello, whole this time.'),
      'the cut answer was not taken for an answer': !String(client.result.result).includes('never finished'),
      'the client asked again': seen.length === 2,
    }),
  },
  {
    name: 'a stream cut after a whole block',
    prompt: 'say hello',
    scripts: [
      {
        blocks: [{ text: 'Part one.' }, { text: 'Part two is never finished.' }],
        chunkChars: 100,
        pings: 0,
        fault: { type: 'reset', at: 'body', afterEvents: 6 },
      },
      { blocks: [{ text: 'The rest.' }] },
    ],
    chatScripts: [
      // Only another kind of block ends a text in Chat.
      {
        blocks: [{ text: 'Part one.' }, bash('toolu_cut', 'true')],
        chunkChars: 10,
        fault: { type: 'reset', at: 'body', afterEvents: 4 },
      },
      { blocks: [{ text: 'The rest.' }] },
    ],
    responsesScripts: [
      {
        blocks: [{ text: 'Part one.' }, { text: 'Part two is never finished.' }],
        chunkChars: 20,
        delayMs: 20,
        fault: { type: 'reset', at: 'body', afterEvents: 11 },
      },
      { blocks: [{ text: 'The rest.' }] },
    ],
    expect: (client, seen) => ({
      'the client goes on': answered(client, 'The rest.'),
      'the client tells the model what it has': JSON.stringify(seen[1] ?? null).includes('Part one.'),
    }),
  },
]

/** Gemini's results name the function, since its calls have no ids. */
const NAMES_CALL = /"(tool_use_id|tool_call_id|call_id|toolUseId)":"toolu_round"|"functionResponse":\{"name":"Bash"/

/** What was said so far, by the name that it has in the upstream's dialect. */
function conversationOf(seen: Seen | undefined): string {
  return JSON.stringify(seen?.body.messages ?? seen?.body.input ?? seen?.body.contents ?? null)
}

function answered(client: ClientRun, text: string): boolean {
  return client.exitCode === 0 && client.result.is_error === false && String(client.result.result).includes(text)
}

function bash(id: string, command: string): NonNullable<Script['blocks']>[number] {
  return { tool: { id, name: 'Bash', input: { command, description: 'Runs a harmless command' } } }
}

function blockType(event: Readonly<Record<string, unknown>>): unknown {
  const block = event.content_block
  return typeof block === 'object' && block !== null && 'type' in block ? block.type : undefined
}
