import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Hono } from 'hono'
import { connectionOf } from '../../src/core/connection.ts'
import { type Listener, listen } from '../../src/http/listen.ts'
import { toResponse } from '../../src/http/respond.ts'
import { sendRaw } from '../support/raw-http.ts'

/** The shortest that the server's own clock tells. */
const SLOW_PEER_SECONDS = 1

let listener: Listener

beforeAll(() => {
  const app = new Hono()
  app.all('/answer', (c) => c.text('done'))
  app.all('/kept-open', (c) => {
    connectionOf(c.env).keepOpen()
    return c.text('done')
  })
  app.all('/stream', (c) => {
    const connection = connectionOf(c.env)
    connection.keepOpen()
    const headers = new Headers({ 'content-type': 'text/event-stream' })
    const run = async (sink: { write(chunk: string): unknown }): Promise<void> => void sink.write('data: done\n\n')
    return toResponse({ status: 200, headers, body: { run, abandon: () => undefined } }, connection)
  })
  app.post('/body', async (c) => c.text(await c.req.text().catch(() => 'broken off')))
  listener = listen(app, { host: '127.0.0.1', port: 0, slowPeerSeconds: SLOW_PEER_SECONDS })
})
afterAll(() => listener.close())

/** Resolves when the server has closed the connection; the test's own limit is for one that it never closes. */
const untilClosed = (head: string): Promise<string> => sendRaw(listener.port, `${head}\r\nhost: a\r\n\r\n`)

describe('a connection that brings nothing more is closed in time', () => {
  for (const path of ['/answer', '/kept-open', '/stream']) {
    test(`after the answer of ${path}`, async () => {
      expect(await untilClosed(`GET ${path} HTTP/1.1`)).toContain('done')
    }, 180_000)
  }

  test('after an answer that there is no route for', async () => {
    expect(await untilClosed('GET /nothing HTTP/1.1')).toContain('404')
  }, 180_000)

  test('in the middle of a body', async () => {
    expect(await untilClosed('POST /body HTTP/1.1\r\ncontent-length: 9')).not.toContain('200')
  }, 180_000)

  test('in the middle of a body that nobody reads', async () => {
    expect(await untilClosed('POST /nothing HTTP/1.1\r\ncontent-length: 9')).toContain('404')
  }, 180_000)
})
