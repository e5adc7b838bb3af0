import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { collect } from '../../src/core/collect.ts'
import type { DialectId } from '../../src/core/dialect-id.ts'
import { replay } from '../../src/core/replay.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'
import { ANSWER_CASES, type AnswerCase, CHAT_REASONS, USAGE } from './answers.ts'
import { CLIENTS, type ClientSide, dialectOf, rowProvider, UPSTREAM_ROWS } from './lanes.ts'
import { eventsOf, roundTrip, type Seen, seenOf, wholeAnswer } from './read-answer.ts'
import { REQUEST_CASES, type RequestCase } from './requests.ts'
import { responsesForm } from './responses-form.ts'

for (const row of UPSTREAM_ROWS) {
  let proxy: TestProxy
  const dialect = dialectOf(row)
  const isChat = dialect === 'openai-chat'

  beforeAll(async () => {
    proxy = await openProxy({ provider: rowProvider(row) })
  })
  afterEach(() => proxy.clear())
  afterAll(() => proxy.stop())

  for (const client of CLIENTS) {
    describe(`a ${client.name} client before ${row}`, () => {
      for (const stream of [true, false]) {
        const form = stream ? 'streamed' : 'whole'
        for (const asked of REQUEST_CASES) {
          test(`is heard, ${form}: ${asked.name}`, async () => {
            const members = requestFor(client, asked)
            const response = await post(proxy, bodyOf(client, members, stream), { path: client.path })
            const bytes = await response.bytes()

            const [received] = proxy.simulator.requests()
            expect([response.status, new TextDecoder().decode(bytes.subarray(0, 300))]).toEqual([
              200,
              expect.anything(),
            ])
            const strings = stringsOf(received?.json)
            const isResponses = client.name === 'responses' || dialect === 'openai-responses'
            const isUnoffered = dialect === 'bedrock-converse' && asked.name === 'tool_choice none'
            // Converse cannot forbid tools, so that forbidden ones are not offered.
            const notHere = dialect === 'gemini' ? NOT_IN_GEMINI : []
            const lost = isUnoffered ? asked.arrives : [...notHere, ...(isResponses ? NOT_IN_RESPONSES : [])]
            if (isUnoffered) expect(strings).not.toContain('toolSpec')
            for (const words of asked.arrives) if (!lost.includes(words)) expect(strings).toContain(words)
            const dropped = response.headers.get('x-lynkr-dropped')?.split(', ') ?? []
            if (client.name === 'messages' && isChat && row !== 'openai') {
              expect(dropped).toEqual(expect.arrayContaining([...(asked.lostAtChat ?? [])]))
            }
            if (client.surface.id === dialect) expect(dropped).toEqual([])
            const [record] = await proxy.settled(1)
            expect(record?.repairs).toBe(0)
          })
        }

        for (const answer of ANSWER_CASES) {
          test(`is answered, ${form}: ${answer.name}`, async () => {
            proxy.simulator.enqueue({ usage: USAGE, ...answer.script })

            const members = goFor(client, answer)
            const response = await post(proxy, bodyOf(client, members, stream), { path: client.path })

            const bytes = await response.bytes()
            const seen = stream
              ? collect(eventsOf(bytes, client))
              : wholeAnswer(new TextDecoder().decode(bytes), client)
            expect(seenOf(seen)).toEqual(expectedOf(answer, dialect))
            expect(wireReason(new TextDecoder().decode(bytes))).toBe(reasonFor(answer, client, dialect))
            expect(seenOf(collect(replay(seen)))).toEqual(seenOf(seen))
            expect(seenOf(roundTrip(seen, client))).toEqual(seenOf(seen))
            const [record] = await proxy.settled(1)
            expect(record?.usage).toMatchObject(usageAt(dialect))
            expect(record?.isUsageEstimated).toBe(false)
            expect(record?.repairs).toBe(0)
          })
        }
      }
    })
  }
}

/** Dialects that tell a refusal by the reason to stop alone, its words being text. */
const WITHOUT_REFUSAL_BLOCK: ReadonlySet<DialectId> = new Set<DialectId>(['anthropic', 'bedrock-converse', 'gemini'])

/** Gemini matches results to calls by their order, and takes a subset of JSON Schema. */
const NOT_IN_GEMINI: readonly string[] = ['call_a', 'call_b', 'additionalProperties']

/** Stop sequences have no place in Responses. */
const NOT_IN_RESPONSES: readonly string[] = ['s1', 's2', 's3', 's4', 'END-HERE']

function requestFor({ name }: ClientSide, asked: RequestCase): object {
  return name === 'messages' ? asked.messages : name === 'chat' ? asked.chat : responsesForm(asked.chat)
}

/** Thinking is asked for where it is expected: some servers show it to nobody else. */
function goFor({ name }: ClientSide, { thinking }: AnswerCase): object {
  const chat = {
    messages: [{ role: 'user', content: 'go' }],
    ...(thinking !== undefined && { reasoning_effort: 'low' }),
  }
  if (name === 'chat') return chat
  if (name === 'responses') return responsesForm(chat)
  return { messages: chat.messages, ...(thinking !== undefined && { thinking: { type: 'adaptive' } }) }
}

function bodyOf(client: ClientSide, members: object, stream: boolean): object {
  const own =
    client.name === 'messages'
      ? { max_tokens: 4_000 }
      : client.name === 'chat' && stream
        ? { stream_options: { include_usage: true } }
        : {}
  return { model: 'claude-sonnet-5-5', stream, ...own, ...members }
}

/** Every string of a document, joined, so that escapes in JSON text do not matter. */
function stringsOf(json: unknown): string {
  if (typeof json === 'string') return `${json}\n`
  if (typeof json !== 'object' || json === null) return ''
  return Object.entries(json)
    .map(([key, value]) => `${key}\n${stringsOf(value)}`)
    .join('')
}

function expectedOf({ text, thinking = '', calls = [] }: AnswerCase, dialect: DialectId): Seen {
  return { text, thinking, calls, usage: { cacheWrite1hTokens: 0, ...usageAt(dialect) } }
}

/** Converse does not tell which of its tokens were thought, Gemini not which were written to a cache. */
function usageAt(dialect: DialectId): typeof USAGE {
  if (dialect === 'bedrock-converse') return { ...USAGE, reasoningTokens: 0 }
  const { inputTokens, cacheWriteTokens } = USAGE
  if (dialect === 'gemini') return { ...USAGE, inputTokens: inputTokens + cacheWriteTokens, cacheWriteTokens: 0 }
  return USAGE
}

function wireReason(text: string): string | undefined {
  return [...text.matchAll(/"(?:stop_reason|finish_reason|object":"response"[^{}]*"status)":"(\w+)"/g)].at(-1)?.[1]
}

/** A Responses answer has a status and no reason: what was cut is incomplete, and what was refused without words for it. */
function reasonFor(
  { stop: [direct, afterChat] }: AnswerCase,
  client: ClientSide,
  dialect: DialectId,
): string | undefined {
  // The only dialect before a Chat client that tells a refusal in words as one.
  if (client.name === 'chat' && dialect === 'openai-responses') {
    return afterChat === 'refusal' ? 'stop' : CHAT_REASONS[afterChat]
  }
  if (client.name === 'chat') return CHAT_REASONS[direct]
  const isTold = dialect === 'anthropic' || (dialect === 'bedrock-converse' && direct !== 'pause_turn')
  if (client.name === 'messages') return isTold ? direct : afterChat
  const isCut = afterChat === 'max_tokens' || (afterChat === 'refusal' && WITHOUT_REFUSAL_BLOCK.has(dialect))
  return isCut ? 'incomplete' : 'completed'
}
