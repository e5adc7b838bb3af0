import { expect, test } from 'bun:test'
import { fetchTransport, fromResponse } from '../../src/upstream/fetch-transport.ts'
import { openFakeClock } from '../support/fake-clock.ts'
import { HELLO, openProxy, post } from '../support/proxy.ts'

const TIMEOUTS = { firstEventMs: 60_000, idleMs: 40_000, pingMs: 15_000 }
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":9,"output_tokens":1}}}\n\n' +
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n' +
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n'

/** An upstream that says a piece when it is asked for more, and tells when it is. */
function openSpeaker() {
  let control: ReadableStreamDefaultController<Uint8Array> | null = null
  let asked = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        control = controller
        asked.resolve()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = { 'content-type': 'text/event-stream' }
  return {
    transport: { ...fetchTransport, send: () => Promise.resolve(fromResponse(new Response(body, { headers }))) },
    /** Resolves once all of it was read, and more is waited for. */
    async say(text: string): Promise<void> {
      await asked.promise
      asked = Promise.withResolvers()
      control?.enqueue(new TextEncoder().encode(text))
      await asked.promise
    },
  }
}

test('a client of another dialect is pinged while its upstream only says what it is not told', async () => {
  const time = openFakeClock(1_700_000_000_000)
  const { transport, say } = openSpeaker()
  const proxy = await openProxy({ ...time, timeouts: TIMEOUTS, pipeline: { transport } })
  const answer = post(proxy, { ...HELLO, stream: true }, { path: '/v1/chat/completions' })
  await say(START)
  const reader = (await answer).body?.getReader()
  await reader?.read()

  for (let i = 0; i < 4; i++) {
    time.advance(TIMEOUTS.pingMs / 3)
    await say(': PROCESSING\n\n')
  }

  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': ping\n\n')
  await reader?.cancel()
  await proxy.stop()
})
