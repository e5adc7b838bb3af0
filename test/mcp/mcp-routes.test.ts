import { describe, expect, test } from 'bun:test'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { systemScheduler } from '../../src/core/clock.ts'
import type { ProxyError } from '../../src/core/errors.ts'
import { listen } from '../../src/http/listen.ts'
import { type Cancellations, createCancellations } from '../../src/mcp/cancellations.ts'
import { createMcpRoutes } from '../../src/mcp/mcp-routes.ts'
import { authenticate, fakeCommands } from '../support/fake-commands.ts'
import { sendRaw } from '../support/raw-http.ts'

function open(cancellations: Cancellations = createCancellations()) {
  const commands = fakeCommands()
  const app = createMcpRoutes({
    commands,
    cancellations,
    scheduler: systemScheduler,
    version: '1.2.3',
    authenticate,
    onRefused: () => undefined,
  })
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => app.fetch(request) })
  const url = new URL(`http://127.0.0.1:${server.port}/mcp`)
  return { commands, url, [Symbol.dispose]: () => void server.stop(true) }
}

async function connect(url: URL, key = 'key_1'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  // The SDK's class declares an optional session id in a way that exactOptionalPropertyTypes refuses.
  const transport = new StreamableHTTPClientTransport(url, { requestInit }) as Parameters<Client['connect']>[0]
  await client.connect(transport)
  return client
}

const text = (result: Record<string, unknown>): string => JSON.stringify(result.content)

describe('commands over MCP', () => {
  test("the SDK's client connects, lists the caller's tools and calls one", async () => {
    using it = open()
    const client = await connect(it.url)

    const { tools } = await client.listTools()
    const result = await client.callTool({ name: 'echo', arguments: { text: 'a' } })

    expect(client.getServerVersion()).toMatchObject({ name: 'lynkr', version: '1.2.3' })
    expect(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint])).toEqual([
      ['echo', true],
      ['hang', false],
    ])
    expect(result.isError).toBe(false)
    expect(result.content).toEqual([{ type: 'text', text: 'out {"text":"a"}\nerr\n' }])
    expect(it.commands.runs[0]?.caller).toEqual({ id: 'key_1' })
    await client.close()
  })

  test('a connection that brings nothing more after its answer is closed in time', async () => {
    const app = createMcpRoutes({
      commands: fakeCommands(),
      cancellations: createCancellations(),
      scheduler: systemScheduler,
      version: '1',
      authenticate,
      onRefused: () => undefined,
    })
    const listener = listen(app, { host: '127.0.0.1', port: 0, slowPeerSeconds: 1 })
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    const head = ['POST /mcp HTTP/1.1', 'host: a', 'authorization: Bearer key_1', 'content-type: application/json']

    const answer = await sendRaw(
      listener.port,
      [...head, 'accept: text/event-stream', `content-length: ${body.length}`, '', body].join('\r\n'),
    )

    expect(answer).toContain('"name":"echo"')
    await listener.close()
  }, 60_000)

  test('a caller without commands sees no tools', async () => {
    using it = open()
    const client = await connect(it.url, 'nobody')

    expect((await client.listTools()).tools).toEqual([])
    await client.close()
  })

  test.each([
    ['denied', 'sandbox_denied: path: must stay inside the workspace'],
    ['down', 'sandbox_unavailable'],
    ['fails', '[exit code 3]'],
    ['slow', '[killed at its time limit]'],
  ])('%s is a result that the model can read', async (name, words) => {
    using it = open()
    const client = await connect(it.url)

    const result = await client.callTool({ name, arguments: {} })

    expect(result.isError).toBe(true)
    expect(text(result)).toContain(words)
    await client.close()
  })

  test('a version that was never agreed on is refused as the protocol says, not as an end of the session', async () => {
    using it = open()
    const send = (version: string) => {
      const headers = {
        ...{ authorization: 'Bearer key_1', 'content-type': 'application/json' },
        ...{ accept: 'application/json, text/event-stream', 'mcp-protocol-version': version },
      }
      return fetch(it.url, { method: 'POST', headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' })
    }

    const refused = await send('1999-01-01')

    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('2025-11-25') }, id: null })
    expect((await send('2025-06-18')).status).toBe(200)
  })

  describe('a batch, as the version 2025-03-26 has them,', () => {
    const list = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/list' })
    const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'echo', arguments: { text: 'a' } } }
    const headers = {
      authorization: 'Bearer key_1',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    }
    const send = (url: URL, body: unknown, version?: string) =>
      fetch(url, {
        method: 'POST',
        headers: { ...headers, ...(version !== undefined && { 'mcp-protocol-version': version }) },
        body: JSON.stringify(body),
      })

    test('is answered message by message, in one stream that ends', async () => {
      using it = open()

      const answer = await send(it.url, [list(1), call, { jsonrpc: '2.0', method: 'notifications/initialized' }])
      const events = (await answer.text()).matchAll(/^data: (.*)$/gm)
      const answers = [...events].map(([, data]) => JSON.parse(data ?? '') as { id: number; result: object })

      expect(answers.map(({ id }) => id).sort()).toEqual([1, 2])
      expect(answers.find(({ id }) => id === 2)?.result).toMatchObject({ isError: false })
    })

    test('of notifications alone is accepted without an answer', async () => {
      using it = open()
      const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } }

      expect((await send(it.url, [note, note])).status).toBe(202)
    })

    test('is refused where it is empty, too long, or nothing of the version', async () => {
      using it = open()
      const statuses: number[] = []

      for (const [body, version] of [
        [[]],
        [[1]],
        [Array.from({ length: 65 }, (_, i) => list(i))],
        [[list(1)], '2025-06-18'],
      ] as const) {
        statuses.push((await send(it.url, body, version)).status)
      }

      expect(statuses).toEqual([400, 400, 400, 400])
    })
  })

  test('an unknown tool is an error of the protocol', async () => {
    using it = open()
    const client = await connect(it.url)

    await expect(client.callTool({ name: 'absent', arguments: {} })).rejects.toThrow('no tool of this name')
    await client.close()
  })

  test('a cancelled call is killed, also when the cancellation comes on another connection', async () => {
    using it = open()
    const client = await connect(it.url)
    const abort = new AbortController()
    const call = client.callTool({ name: 'hang', arguments: {} }, undefined, { signal: abort.signal })
    call.catch(() => undefined)
    while (it.commands.runs.length === 0) await Bun.sleep(1)

    abort.abort('enough')

    await expect(call).rejects.toThrow()
    while (it.commands.aborted.length === 0) await Bun.sleep(1)
    expect(it.commands.aborted).toEqual(['hang'])
    await client.close()
  })

  test.each([
    [
      "another caller's session, nor another one of the caller,",
      's1',
      [
        ['key_2', 's1'],
        ['key_1', 's2'],
        ['key_1', null],
      ],
    ],
    [
      'a message without a session, which could be of any client of the key,',
      null,
      [
        ['key_1', null],
        ['key_1', ''],
      ],
    ],
  ] as const)('%s cannot cancel a call', async (_, session, others) => {
    using it = open()
    const leaving = new AbortController()
    const send = (key: string, message: unknown, session: string | null, signal: AbortSignal | null = null) =>
      fetch(it.url, {
        method: 'POST',
        signal,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(session !== null && { 'mcp-session-id': session }),
        },
        body: JSON.stringify(message),
      })
    const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'hang', arguments: {} } }
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }
    const answer = send('key_1', call, session, leaving.signal).then((response) => response.text())
    answer.catch(() => undefined)
    while (it.commands.runs.length === 0) await Bun.sleep(1)

    for (const [key, other] of others) await send(key, cancel, other)
    expect(it.commands.aborted).toEqual([])
    if (session === null) leaving.abort()
    else await send('key_1', cancel, session)

    while (it.commands.aborted.length === 0) await Bun.sleep(1)
    expect(it.commands.aborted).toEqual(['hang'])
  })

  test('a cancellation that reaches another worker kills the call, for the caller and the session that it is of', async () => {
    const first = createCancellations()
    using it = open(first)
    using other = open(createCancellations((scope, requestId) => first.adopt(scope, requestId)))
    const send = (url: URL, message: unknown, session = 's1') =>
      fetch(url, {
        method: 'POST',
        headers: {
          authorization: 'Bearer key_1',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-session-id': session,
        },
        body: JSON.stringify(message),
      })
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }
    const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'hang', arguments: {} } }
    send(it.url, call).catch(() => undefined)
    while (it.commands.runs.length === 0) await Bun.sleep(1)

    await send(other.url, cancel, 's2')
    expect(it.commands.aborted).toEqual([])
    await send(other.url, cancel)

    while (it.commands.aborted.length === 0) await Bun.sleep(1)
    expect(it.commands.aborted).toEqual(['hang'])
  })

  test('a client that closes its connection kills its call', async () => {
    using it = open()
    const abort = new AbortController()
    const answer = fetch(it.url, {
      method: 'POST',
      headers: { authorization: 'Bearer a', 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang', arguments: {} } }),
      signal: abort.signal,
    }).then((response) => response.text())
    answer.catch(() => undefined)
    while (it.commands.runs.length === 0) await Bun.sleep(1)

    abort.abort()

    while (it.commands.aborted.length === 0) await Bun.sleep(1)
    expect(it.commands.aborted).toEqual(['hang'])
  })

  test.each([
    ['POST', '{', 'key', 400],
    ['POST', '[]', 'key', 400],
    ['POST', '1', 'key', 400],
    ['POST', '{"jsonrpc":"2.0"}', 'key', 400],
    ['POST', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', '', 401],
    ['POST', `{"a":"${'x'.repeat(300_000)}"}`, 'key', 413],
    ['GET', null, 'key', 405],
    ['DELETE', null, 'key', 405],
  ])('%s %.20s with key %j is answered with status %d', async (method, body, key, status) => {
    using it = open()

    const response = await fetch(it.url, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== null && { body }),
    })

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null })
  })

  test.each([
    ['that is compressed', 'unsupported_media_type', { 'content-encoding': 'gzip' }],
    ['whose client is gone before its end', 'client_closed', {}],
  ] as const)('a message %s is refused as any other request is', async (_, kind, headers) => {
    const told: ProxyError[] = []
    const app = createMcpRoutes({
      commands: fakeCommands(),
      cancellations: createCancellations(),
      scheduler: systemScheduler,
      version: '1',
      authenticate,
      onRefused: (_request, error) => void told.push(error),
    })
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })

    await app.fetch(
      new Request('http://a/mcp', { method: 'POST', headers: { authorization: 'Bearer a', ...headers }, body }),
    )

    expect(told.map((error) => error.kind)).toEqual([kind])
  })
})
