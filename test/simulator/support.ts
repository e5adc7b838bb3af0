import { connect } from 'node:net'
import type { Simulator } from '../../src/simulator/simulator.ts'

export type Json = Readonly<Record<string, unknown>>

export const MESSAGES: Json = {
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi there' }],
}

export const CHAT: Json = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi there' }] }

export interface AskOptions {
  readonly path?: string
  readonly headers?: Record<string, string>
}

/** Posts a body as a client with a key would. */
export function ask(simulator: Simulator, body: Json, options: AskOptions = {}): Promise<Response> {
  return fetch(`${simulator.url}${options.path ?? '/v1/messages'}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01', ...options.headers },
    body: JSON.stringify(body),
  })
}

/** Events of an SSE text: the `event:` field and the data, parsed unless it is `[DONE]`. */
export function eventsOf(text: string): readonly { readonly event: string; readonly data: Json }[] {
  return text
    .split('\n\n')
    .filter((record) => /^data: \{/m.test(record))
    .map((record) => ({
      event: /^event: (.*)$/m.exec(record)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(record)?.[1] ?? ''),
    }))
}

/** What a raw client saw of an answer, and how the connection ended. */
export interface RawAnswer {
  readonly text: string
  readonly bytes: Buffer
  readonly ended: 'fin' | 'rst'
}

/** Sends one request over TCP and reads until the connection ends or `enough` is satisfied, then leaves. */
export function askRaw(
  simulator: Simulator,
  body: Json,
  enough: (text: string) => boolean = () => false,
  path = '/v1/messages',
): Promise<RawAnswer> {
  const payload = JSON.stringify(body)
  const head = `POST ${path} HTTP/1.1\r\nhost: simulator\r\nx-api-key: any\r\nanthropic-version: 2023-06-01\r\n`
  const framing = `connection: close\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n`
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const finish = (ended: RawAnswer['ended']): void => {
      const bytes = Buffer.concat(parts)
      resolve({ text: bytes.toString(), bytes, ended })
    }
    const socket = connect(simulator.port, '127.0.0.1', () => socket.write(head + framing + payload))
    socket.on('data', (bytes) => {
      parts.push(Buffer.from(bytes))
      if (enough(Buffer.concat(parts).toString())) socket.destroy()
    })
    socket.on('error', () => finish('rst'))
    socket.on('close', () => finish('fin'))
  })
}
