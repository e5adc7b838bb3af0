/** Words with what JSON has to escape in real prompts: quotes, newlines, backslashes, a character of three bytes. */
const FILLER = 'Read "src/main.ts", then list what it imports.\n\tUse C:\\tmp if you must — no longer than needed. '

/**
 * A Messages request of about `bytes` bytes: alternating turns of 4 KB, as a coding session has them, in one JSON text.
 */
export function messagesBody(bytes: number, stream: boolean): string {
  const turns = Math.max(1, Math.round(bytes / 4096))
  const each = Math.max(16, Math.floor((bytes - 120 - turns * 60) / turns / 1.08))
  const text = FILLER.repeat(Math.ceil(each / FILLER.length)).slice(0, each)
  const messages = Array.from({ length: turns }, (_, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text }],
  }))
  if (messages.length % 2 === 0) messages.push({ role: 'user', content: [{ type: 'text', text: 'Go on.' }] })
  return JSON.stringify({ model: 'claude-sonnet-5-5', max_tokens: 1024, stream, messages })
}

/** The key that lynkr knows the load generator by; other proxies pass it on. */
export const BENCH_KEY = 'bench-key-0123456789-0123456789'

/** The bytes of one HTTP/1.1 GET, as probes send it. */
export function getRequest(path: string): Uint8Array {
  return new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: lynkr-bench\r\n\r\n`)
}

/** The bytes of one HTTP/1.1 POST of `body` to `/v1/messages` with the headers a real client sends. */
export function messagesRequest(body: string, more: Readonly<Record<string, string>> = {}): Uint8Array {
  const bytes = new TextEncoder().encode(body)
  const head = [
    'POST /v1/messages?beta=true HTTP/1.1',
    'host: 127.0.0.1',
    'accept: application/json',
    'anthropic-beta: interleaved-thinking-2025-05-14,context-management-2025-06-27',
    'anthropic-version: 2023-06-01',
    `authorization: Bearer ${BENCH_KEY}`,
    'content-type: application/json',
    'user-agent: lynkr-bench',
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${bytes.length}`,
    '\r\n',
  ]
  return new Uint8Array(Buffer.concat([Buffer.from(head.join('\r\n')), bytes]))
}
