import { describe, expect, test } from 'bun:test'
import { CHAT_PROVIDER, HELLO, openProxy, post, type TestProxy } from '../support/proxy.ts'

interface Thought {
  readonly type: 'thinking'
  readonly thinking: string
  readonly signature: string
}

const THOUGHT = { blocks: [{ thinking: 'Let me see.', signature: '' }, { text: 'Done.' }] }

/** What the Chat server thinks, as a client keeps it of a whole answer and of a stream. */
const FORMS: readonly (readonly [form: string, think: (chat: TestProxy) => Promise<Thought>])[] = [
  ['whole', async (chat) => Object(await (await post(chat, HELLO)).json()).content[0]],
  [
    'streamed',
    async (chat) => {
      const events = (await (await post(chat, { ...HELLO, stream: true })).text()).split('\n\n').map(dataOf)
      const start = events.find(({ type }) => type === 'content_block_start').content_block
      const deltas = events.filter(({ type, index }) => type === 'content_block_delta' && index === 0)
      const join = (member: string) => deltas.map(({ delta }) => delta[member] ?? '').join('')
      return { ...start, thinking: start.thinking + join('thinking'), signature: start.signature + join('signature') }
    },
  ],
]

function dataOf(record: string) {
  return Object(JSON.parse(record.split('data: ')[1] ?? '{}'))
}

const turnsAfter = (...content: readonly object[]) => [
  ...HELLO.messages,
  { role: 'assistant', content },
  { role: 'user', content: 'on' },
]

describe.each(FORMS)('thinking without a signature, %s', (_, think) => {
  test('does not move on from a Chat server to Anthropic, and is named', async () => {
    const [chat, anthropic] = await Promise.all([openProxy({ provider: CHAT_PROVIDER }), openProxy()])
    chat.simulator.enqueue(THOUGHT)
    const thought = await think(chat)
    const said = { type: 'text', text: 'Done.' }

    const moved = await post(anthropic, { ...HELLO, messages: turnsAfter(thought, said) })

    expect(thought).toMatchObject({ type: 'thinking', thinking: 'Let me see.' })
    expect([moved.status, moved.headers.get('x-lynkr-dropped')]).toEqual([200, 'thinking'])
    expect(Object(anthropic.simulator.requests()[0]?.json).messages).toEqual(turnsAfter(said))
    await Promise.all([chat.stop(), anthropic.stop()])
  })

  test('goes back to the Chat server that takes its reasoning back, as it was', async () => {
    const provider = { ...CHAT_PROVIDER, model: 'glm-5.3', quirks: { reasoningField: 'reasoning_details' as const } }
    const chat = await openProxy({ provider })
    chat.simulator.enqueue(THOUGHT)
    const thought = await think(chat)

    const next = await post(chat, { ...HELLO, messages: turnsAfter(thought, { type: 'text', text: 'Done.' }) })

    const { messages } = Object(chat.simulator.requests()[1]?.json)
    expect(next.headers.get('x-lynkr-dropped')).toBeNull()
    expect(messages[1].reasoning_details).toEqual([{ type: 'reasoning.text', text: 'Let me see.' }])
    await chat.stop()
  })
})
