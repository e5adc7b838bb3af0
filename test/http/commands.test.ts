import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { Hono } from 'hono'
import { type Scheduler, systemClock, systemScheduler } from '../../src/core/clock.ts'
import { toProxyError } from '../../src/core/errors.ts'
import { CLIENT_STALL_MS } from '../../src/core/limits.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import { createCommandRoutes } from '../../src/http/commands.ts'
import { authenticate, fakeCommands } from '../support/fake-commands.ts'

interface Parts {
  readonly scheduler: Scheduler
  readonly commands: ReturnType<typeof fakeCommands>
}

function open({ scheduler = systemScheduler, commands = fakeCommands() }: Partial<Parts> = {}) {
  const app = new Hono()
  const records: RequestRecord[] = []
  const accounting = {
    clock: systemClock,
    random: seededRandom(1),
    onSettled: (record: RequestRecord) => void records.push(record),
  }
  app.route('/', createCommandRoutes({ commands, scheduler, authenticate, ...accounting }))
  app.onError((thrown, c) => {
    const error = toProxyError(thrown)
    const headers = { 'x-lynkr-request-id': String(c.get('requestId')) }
    return Response.json({ kind: error.kind }, { status: error.traits.wire.openai.status, headers })
  })
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => app.fetch(request) })
  const send = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      ...init,
      headers: { authorization: 'Bearer key_1', 'content-type': 'application/json', ...init.headers },
    })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    send(path, { method: 'POST', body, headers })
  return { commands, records, send, post, port: server.port, [Symbol.dispose]: () => void server.stop(true) }
}

describe('commands over HTTP', () => {
  test('are listed for their caller, with schemas', async () => {
    using it = open()

    const list: unknown = await (await it.send('/v1/commands')).json()

    const echo = { name: 'echo', writes: false, input_schema: { type: 'object' } }
    expect(list).toMatchObject({ object: 'list', data: [echo, { name: 'hang', writes: true }] })
  })

  test('run with the values of the body and answer when they have ended', async () => {
    using it = open()

    const response = await it.post('/v1/commands/echo', '{"text":"a"}')

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      run_id: 'r1',
      ending: 'exited',
      exit_code: 0,
      output_bytes: 3,
      duration_ms: 12,
      stdout: 'out {"text":"a"}\n',
      stderr: 'err\n',
    })
    expect(it.commands.runs[0]?.caller.id).toBe('key_1')
  })

  test('a dry run answers the plan and runs nothing', async () => {
    using it = open()

    const plan = await (await it.post('/v1/commands/echo?dry_run=1', '{}')).json()

    expect(plan).toMatchObject({ verdict: 'allow', engine_argv: ['docker', 'run'] })
    expect(it.commands.runs).toEqual([])
  })

  test('a timeout is 504 and still tells what was written', async () => {
    using it = open()

    const response = await it.post('/v1/commands/slow', '')

    expect(response.status).toBe(504)
    expect(await response.json()).toMatchObject({ type: 'error', ending: 'timeout', stdout: 'out {}\n' })
  })

  test.each([
    ['denied', '{}', {}, 403],
    ['down', '{}', {}, 503],
    ['absent', '{}', {}, 404],
    ['echo', '[]', {}, 400],
    ['echo', 'null', {}, 400],
    ['echo', '{', {}, 400],
    ['echo', '"a"', {}, 400],
    ['echo', '\ufffd{}', {}, 400],
    ['echo', '{}', { 'content-type': 'text/plain' }, 415],
    ['echo', '{}', { 'content-type': 'application/jsonx' }, 415],
    ['echo', '{}', { authorization: '' }, 401],
    ['denied', '{}', { accept: 'text/event-stream' }, 403],
    ['echo', `{"text":"${'x'.repeat(300_000)}"}`, {}, 413],
  ])('%s with %.20s and %j is answered %d', async (name, body, headers, status) => {
    using it = open()

    expect((await it.post(`/v1/commands/${name}`, body, headers)).status).toBe(status)
  })

  test.each([
    ['echo', {}, 200, { outcome: 'ok', errorKind: null, stream: false }],
    ['echo?dry_run=1', {}, 200, { outcome: 'ok', errorKind: null, stream: false }],
    ['echo', { accept: 'text/event-stream' }, 200, { outcome: 'ok', errorKind: null, stream: true }],
    ['slow', {}, 504, { outcome: 'refused', errorKind: 'sandbox_timeout' }],
    ['slow', { accept: 'text/event-stream' }, 200, { outcome: 'truncated', errorKind: 'sandbox_timeout' }],
    ['denied', {}, 403, { outcome: 'refused', errorKind: 'sandbox_denied' }],
    ['down', {}, 503, { outcome: 'refused', errorKind: 'sandbox_unavailable' }],
    ['echo', { authorization: '' }, 401, { outcome: 'refused', errorKind: 'unauthenticated', keyId: null }],
  ])('a call of %s with %j is told once, as any other request, under the id its client got', async (path, ...rest) => {
    const [headers, status, facts] = rest
    using it = open()

    const response = await it.post(`/v1/commands/${path}`, '{}', headers)
    const text = await response.text()

    expect(it.records).toHaveLength(1)
    expect(it.records[0]).toMatchObject({
      ...{ surface: 'commands', status, keyId: 'key_1', ...facts },
      ...(status === 200 && { responseBytes: text.length, requestBytes: 2 }),
      requestId: response.headers.get('x-lynkr-request-id') ?? '',
    })
  })

  test.each([
    [{}, 200, { outcome: 'ok', errorKind: null, keyId: 'key_1' }],
    [{ authorization: '' }, 401, { outcome: 'refused', errorKind: 'unauthenticated', keyId: null }],
  ])('the list for %j is told of as a call is', async (headers, status, facts) => {
    using it = open()

    const response = await it.send('/v1/commands', { headers })
    const text = await response.text()

    expect(it.records).toMatchObject([
      {
        ...{ surface: 'commands', status, ...facts },
        ...(status === 200 && { responseBytes: text.length }),
        requestId: response.headers.get('x-lynkr-request-id') ?? '',
      },
    ])
  })

  test('stream their output as events and end with the result', async () => {
    using it = open()

    const response = await it.post('/v1/commands/echo', '{"text":"a"}', { accept: 'text/event-stream' })

    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const events = (await response.text())
      .trimEnd()
      .split('\n\n')
      .map((event) => event.split('\n'))
    expect(events.map(([event]) => event)).toEqual(['event: output', 'event: output', 'event: result'])
    expect(JSON.parse(events[0]?.[1]?.slice(6) ?? '')).toEqual({ stream: 'stdout', text: 'out {"text":"a"}\n' })
    expect(JSON.parse(events[2]?.[1]?.slice(6) ?? '')).toMatchObject({ ending: 'exited', exit_code: 0 })
  })

  test.each(['application/json', 'text/event-stream'])(
    'a client of %s that goes away aborts its run',
    async (accept) => {
      using it = open()
      const client = new AbortController()
      const answer = it
        .send('/v1/commands/hang', { method: 'POST', body: '{}', headers: { accept }, signal: client.signal })
        .then((response) => response.text())
      answer.catch(() => undefined)
      while (it.commands.runs.length === 0) await Bun.sleep(1)

      client.abort()

      await expect(answer).rejects.toThrow()
      while (it.commands.aborted.length === 0) await Bun.sleep(1)
      expect(it.commands.aborted).toEqual(['hang'])
      while (it.records.length === 0) await Bun.sleep(1)
      expect(it.records).toMatchObject([{ status: 499, outcome: 'client_closed' }])
    },
  )

  test('a client that takes nothing of its events is left in the end, and its run is aborted', async () => {
    const commands = fakeCommands()
    const scheduler: Scheduler = {
      ...systemScheduler,
      after: (delayMs, run) => systemScheduler.after(delayMs === CLIENT_STALL_MS ? 20 : delayMs, run),
    }
    const flood = { stream: 'stdout', text: 'x'.repeat(32 * 1024 * 1024) } as const
    using it = open({
      scheduler,
      commands: {
        ...commands,
        run(caller, name, values, options) {
          options.onOutput(flood)
          return commands.run(caller, name, values, options)
        },
      },
    })

    const head =
      'POST /v1/commands/hang HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer key_1\r\nContent-Length: 0\r\n'
    const socket = connect(it.port ?? 0, '127.0.0.1')
    socket.pause()
    socket.write(`${head}Accept: text/event-stream\r\n\r\n`)
    while (it.records.length === 0) await Bun.sleep(1)

    expect(it.records).toMatchObject([{ outcome: 'client_closed' }])
    while (commands.aborted.length === 0) await Bun.sleep(1)
    expect(commands.aborted).toEqual(['hang'])
    socket.destroy()
  })
})
