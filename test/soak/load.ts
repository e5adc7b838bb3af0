import type { Script } from '../../src/simulator/script.ts'
import { openSocketClient } from '../support/socket-client.ts'

/** One kind of traffic: makes one request, and says how it ended, if not as it must. */
export interface Kind {
  readonly name: string
  readonly atOnce: number
  /** @returns what was wrong with it, in words; `null` if nothing was */
  readonly ask: (url: string) => Promise<string | null>
}

export interface Tally {
  done: number
  /** Ended otherwise than it must; the first says how. */
  wrong: number
  firstWrong: string
}

/** A key that may do everything, and one whose budget is nothing. */
export const RICH_KEY = 'soak-key-of-somebody-rich-0001'
export const POOR_KEY = 'soak-key-of-somebody-poor-0002'

/** What the upstream answers: models whose name says so fail, in every way that a stream can; the rest is well. */
export const ANSWERS: readonly Script[] = [
  { match: { model: 'refused' }, status: 400, message: 'not like this' },
  { match: { model: 'overloaded' }, status: 529 },
  {
    match: { model: 'broken' },
    blocks: [{ text: 'word '.repeat(20) }],
    chunkChars: 5,
    fault: { type: 'eof', afterEvents: 6 },
  },
  { match: { model: 'reset' }, fault: { type: 'reset', at: 'headers' } },
  { blocks: [{ text: 'word '.repeat(40) }], chunkChars: 10, delayMs: 10 },
]

/** Between two requests of one client, so that the machine is busy and not drowned. */
const PAUSE_MS = 20

export const KINDS: readonly Kind[] = [
  { name: 'whole', atOnce: 8, ask: (url) => whole(url, messages({})) },
  { name: 'stream', atOnce: 16, ask: (url) => ends(url, messages({ stream: true }), 'event: message_stop') },
  { name: 'transcoded', atOnce: 4, ask: (url) => whole(url, chat({})) },
  { name: 'transcoded stream', atOnce: 8, ask: (url) => ends(url, chat({ stream: true }), 'data: [DONE]') },
  { name: 'aborted by the client', atOnce: 8, ask: abort },
  { name: 'refused upstream', atOnce: 2, ask: (url) => fails(url, messages({ model: 'claude-refused' })) },
  { name: 'overloaded upstream', atOnce: 1, ask: (url) => fails(url, messages({ model: 'claude-overloaded' })) },
  { name: 'reset upstream', atOnce: 1, ask: (url) => fails(url, messages({ model: 'claude-reset' })) },
  { name: 'stream broken upstream', atOnce: 2, ask: broken },
  { name: 'cache hit', atOnce: 2, ask: cached },
  { name: 'WebSocket', atOnce: 2, ask: socket },
  { name: 'over its budget', atOnce: 2, ask: (url) => refused(url) },
]

/** Keeps a kind going until it is told to stop. */
export async function keepAsking(kind: Kind, url: string, isOver: () => boolean): Promise<Tally> {
  const tally: Tally = { done: 0, wrong: 0, firstWrong: '' }
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const problem = await kind.ask(url).catch(String)
      tally.done++
      if (problem !== null && tally.wrong++ === 0) tally.firstWrong = problem
      await Bun.sleep(PAUSE_MS)
    }
  }
  await Promise.all(Array.from({ length: kind.atOnce }, client))
  return tally
}

interface Question {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

const SAID = [{ role: 'user', content: 'Tell me something. '.repeat(50) }]

function messages(over: Readonly<Record<string, unknown>>): Question {
  return { path: '/v1/messages', body: { model: 'claude-sonnet-5-5', max_tokens: 200, messages: SAID, ...over } }
}

function chat(over: Readonly<Record<string, unknown>>): Question {
  return { path: '/v1/chat/completions', body: { model: 'claude-sonnet-5-5', messages: SAID, ...over } }
}

function send(url: string, { path, body }: Question, init: RequestInit & { key?: string } = {}): Promise<Response> {
  const { key = RICH_KEY, headers, ...rest } = init
  const own = { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'anthropic-version': '2023-06-01' }
  return fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers: { ...own, ...headers }, ...rest })
}

/** The last of an answer tells what became of it. */
function told(response: Response, text: string): string {
  return `${response.status} ${text.slice(-300)}`
}

async function whole(url: string, question: Question, headers: Record<string, string> = {}): Promise<string | null> {
  return ends(url, question, 'word word', headers)
}

async function ends(
  url: string,
  question: Question,
  mark: string,
  headers: Record<string, string> = {},
): Promise<string | null> {
  const response = await send(url, question, { headers })
  const text = await response.text()
  return response.status === 200 && text.includes(mark) ? null : told(response, text)
}

/** Any refusal will do: retries decide which it is. */
async function fails(url: string, question: Question): Promise<string | null> {
  const response = await send(url, question, { headers: { 'x-stainless-retry-count': '2' } })
  const text = await response.text()
  return response.status >= 400 ? null : told(response, text)
}

/** A stream that cannot be completed must end with an error, or not begin. */
async function broken(url: string): Promise<string | null> {
  const response = await send(url, messages({ model: 'claude-broken', stream: true }))
  const text = await response.text()
  return response.status >= 400 || text.includes('event: error') ? null : told(response, text)
}

async function abort(url: string): Promise<string | null> {
  const controller = new AbortController()
  const response = await send(url, messages({ stream: true }), { signal: controller.signal })
  if (response.status !== 200) return told(response, await response.text())
  const first = await response.body?.getReader().read()
  controller.abort()
  return first?.done === false ? null : 'the stream was over before it was left'
}

function cached(url: string): Promise<string | null> {
  return whole(url, messages({ max_tokens: 201 }), { 'x-lynkr-cache': 'on' })
}

async function refused(url: string): Promise<string | null> {
  const response = await send(url, messages({}), { key: POOR_KEY })
  const text = await response.text()
  return response.status === 429 ? null : told(response, text)
}

async function socket(url: string): Promise<string | null> {
  const client = await openSocketClient(url, { authorization: `Bearer ${RICH_KEY}` })
  client.send({ type: 'response.create', model: 'claude-sonnet-5-5', input: 'Tell me something.', store: false })
  const events = await client.answer()
  client.close()
  await client.closed
  const last = events.at(-1)
  return last?.type === 'response.completed' ? null : JSON.stringify(last)
}
