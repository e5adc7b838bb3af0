import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BENCH_KEY, messagesBody } from '../support/request.ts'

/**
 * What `bench/profile.ts` runs under the profiler: the real `serve`, whose port is never opened and whose `fetch` is
 * answered at once, so that a request is lynkr's own work and nothing else. Prints µs per request on stderr.
 *
 *     bun bench/profile/requests.ts BODY-BYTES SECONDS
 */
const [bodyBytes = '1024', seconds = '5'] = process.argv.slice(2)
const state = mkdtempSync(join(tmpdir(), 'lynkr-profile-'))
Object.assign(process.env, {
  HOME: state,
  LYNKR_DATA_DIR: state,
  LYNKR_API_KEYS: BENCH_KEY,
  PORT: '0',
  ANTHROPIC_API_KEY: 'bench',
  LOAD_SHEDDING_QUEUE_WAIT_THRESHOLD: '60000',
  BUN_CONFIG_MAX_HTTP_REQUESTS: '256',
})

const answer = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: 'A line of an answer. '.repeat(50) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 300, output_tokens: 200 },
})
const answerHeaders = { 'content-type': 'application/json', 'content-length': `${answer.length}` }
const instead = { fetch: async () => new Response(answer, { headers: answerHeaders }) }
Object.assign(globalThis, instead)

interface Listening {
  fetch(request: Request, server: unknown): Promise<Response>
}
const server = { port: 1, timeout: () => undefined, stop: async () => undefined }
const opened = Promise.withResolvers<Listening>()
Object.assign(Bun, {
  serve(options: Listening) {
    opened.resolve(options)
    return server
  },
})

const { serve } = await import('../../src/cli/serve.ts')
void serve()
const listening = await opened.promise
const body = messagesBody(Number(bodyBytes), false)
const headers = {
  host: '127.0.0.1',
  authorization: `Bearer ${BENCH_KEY}`,
  'anthropic-version': '2023-06-01',
  'content-type': 'application/json',
  'content-length': `${Buffer.byteLength(body)}`,
}

const endMs = performance.now() + Number(seconds) * 1_000
let requests = 0
const startMs = performance.now()
for (; performance.now() < endMs; requests++) {
  const request = new Request('http://127.0.0.1/v1/messages?beta=true', { method: 'POST', headers, body })
  const response = await listening.fetch(request, server)
  if (response.status !== 200) throw new Error(await response.text())
  await response.bytes()
  // The timers of the process, and its log, have their turns as they do behind a socket.
  if (requests % 8 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
}
process.stderr.write(`${(((performance.now() - startMs) / requests) * 1_000).toFixed(0)} µs per request\n`)
process.exit(0)
