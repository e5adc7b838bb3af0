/**
 * A Messages stream whose every delta says when it was sent, in ms of the machine's clock to the µs: `@123.456@`. One
 * event each five milliseconds.
 *
 *     PORT=9001 bun bench/peers/ticking-upstream.ts
 */
const EVENTS = 100
const PAUSE_MS = 5

const start = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  },
})
const blockStart = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
const end =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: EVENTS },
  }) +
  event('message_stop', {})

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  async fetch(request, server) {
    server.timeout(request, 0)
    await request.bytes()
    const body = new ReadableStream({
      type: 'direct',
      async pull(controller) {
        controller.write(start + blockStart)
        controller.flush()
        for (let i = 0; i < EVENTS; i++) {
          await Bun.sleep(PAUSE_MS)
          const text = `@${(performance.timeOrigin + performance.now()).toFixed(3)}@`
          controller.write(event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }))
          controller.flush()
        }
        controller.write(end)
        controller.end()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
})

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}
