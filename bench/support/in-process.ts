import { withEngineSettings } from '../../src/config/reexec.ts'
import { instantConnect } from './instant-socket.ts'
import { scratchFolder } from './owned.ts'
import { NEVER_SHED } from './servers.ts'

const ANSWER = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: 'A line of an answer. '.repeat(50) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 300, output_tokens: 200 },
})
const RESPONSE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`

interface Listening {
  fetch(request: Request, server: unknown): Promise<Response>
}

/**
 * The real `serve` in this process, whose port is never opened and whose upstream answers at once, so that a request is
 * lynkr's own work and nothing else. Replaces `Bun.serve` and `Bun.connect` for good.
 *
 * @param env settings besides those of the bench
 * @returns answers one POST to `/v1/messages`, read to its end; throws on anything but a 200
 */
export async function openInProcess(
  env: Readonly<Record<string, string>>,
): Promise<(key: string, body: string) => Promise<void>> {
  const state = env.LYNKR_DATA_DIR ?? scratchFolder()
  const own = { HOME: state, LYNKR_DATA_DIR: state, PORT: '0', ANTHROPIC_API_KEY: 'bench' }
  Object.assign(process.env, own, NEVER_SHED, withEngineSettings(process.env), env)
  const server = { port: 1, timeout: () => undefined, stop: async () => undefined }
  const opened = Promise.withResolvers<Listening>()
  Object.assign(Bun, {
    connect: instantConnect(RESPONSE),
    serve(options: Listening) {
      opened.resolve(options)
      return server
    },
  })
  const { serve } = await import('../../src/cli/serve.ts')
  void serve()
  const listening = await opened.promise
  let requests = 0
  return async (key, body) => {
    const headers = {
      host: '127.0.0.1',
      authorization: `Bearer ${key}`,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
    }
    const request = new Request('http://127.0.0.1/v1/messages?beta=true', { method: 'POST', headers, body })
    const response = await listening.fetch(request, server)
    if (response.status !== 200) throw new Error(await response.text())
    await response.bytes()
    // The timers of the process, and its log, have their turns as they do behind a socket.
    if (requests++ % 8 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
