import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { refuseWebPage } from '../../src/http/local-guard.ts'
import { HELLO, openProxy, type TestProxy } from '../support/proxy.ts'
import { sendRaw, statusesOf } from '../support/raw-http.ts'

function verdict(headers: Record<string, string>, method = 'POST'): string | null {
  const all = { host: '127.0.0.1:8080', 'content-type': 'application/json', ...headers }
  return refuseWebPage(new Request('http://127.0.0.1/v1/messages', { method, headers: all }))?.kind ?? null
}

describe('without keys a Host', () => {
  const own = ['localhost', 'LOCALHOST:8080', '127.0.0.1', '127.0.0.1:8080', '127.9.9.9', '[::1]', '[::1]:8080']
  for (const host of own) test(`${host} is ours`, () => expect(verdict({ host })).toBeNull())

  const foreign = [
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'evil-localhost',
    'evil.localhost',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io:8080',
    '127.0.0.1@evil.example',
    'localhost@evil.example',
    '127.1',
    '2130706433',
    '0.0.0.0:8080',
    '10.0.0.1',
    '192.168.1.5:8080',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::1',
    '::1',
    '[fe80::1]:8080',
    'localhost:',
    'localhost:80x',
    'localhost, evil.example',
    '',
  ]
  for (const host of foreign) test(`${host || '(empty)'} is refused`, () => expect(verdict({ host })).toBe('forbidden'))
})

describe('without keys an Origin', () => {
  const own = [
    'http://localhost',
    'http://localhost:3000',
    'https://127.0.0.1:8443',
    'http://[::1]:3000',
    'HTTP://LOCALHOST',
  ]
  for (const origin of own) test(`${origin} may ask`, () => expect(verdict({ origin })).toBeNull())

  const foreign = [
    'null',
    'https://evil.example',
    'http://localhost.evil.example',
    'http://evil.example:8080',
    'http://127.0.0.1.evil.example',
    'http://evil.example/http://localhost',
    'http://localhost@evil.example',
    'http://localhost/x',
    'http://user@localhost',
    'file://localhost',
    'chrome-extension://abcdef',
    'http://',
    'localhost',
  ]
  for (const origin of foreign) {
    test(`${origin} is refused, with any method`, () => {
      expect(verdict({ origin })).toBe('forbidden')
      expect(verdict({ origin }, 'GET')).toBe('forbidden')
    })
  }
})

describe('without keys a WebSocket, which browsers open without asking first,', () => {
  const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }

  test('is for programs, and for pages of lynkr itself', () => {
    expect(verdict(upgrade, 'GET')).toBeNull()
    expect(verdict({ ...upgrade, origin: 'http://127.0.0.1:8080' }, 'GET')).toBeNull()
  })

  for (const origin of [
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://127.0.0.1',
    'https://127.0.0.1:8080',
  ]) {
    test(`is refused to a page of another local server: ${origin}`, () => {
      expect(verdict({ ...upgrade, origin }, 'GET')).toBe('forbidden')
    })
  }
})

describe('without keys a body', () => {
  const json = ['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/vnd.api+json']
  for (const type of json) test(`of ${type} is read`, () => expect(verdict({ 'content-type': type })).toBeNull())

  const others = [
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/jsonx',
    'application/json+x',
    'text/json',
    'json',
    ', application/json',
  ]
  for (const type of others) {
    test(`of ${type} is refused`, () => expect(verdict({ 'content-type': type })).toBe('unsupported_media_type'))
  }
})

describe('a web page without keys', () => {
  let proxy: TestProxy

  beforeAll(async () => {
    proxy = await openProxy()
  })
  afterAll(() => proxy.stop())

  test('cannot send a request by a rebound name', async () => {
    const body = JSON.stringify(HELLO)
    const head = `POST /v1/messages HTTP/1.1\r\nhost: rebound.example:${proxy.port}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`

    const answer = await sendRaw(proxy.port, head + body)

    expect(statusesOf(answer)).toEqual([403])
    expect(answer).toContain('permission_error')
    expect(proxy.simulator.requests()).toHaveLength(0)
  })

  test('that tries leaves a line in the log and in the counters, over WebSocket too', async () => {
    proxy.clear()
    const headers = { origin: 'https://evil.example', 'content-type': 'application/json' }
    const upgrade = {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'x',
      'sec-websocket-version': '13',
    }

    const posted = await fetch(`${proxy.url}/v1/chat/completions`, { method: 'POST', headers, body: '{}' })
    const opened = await fetch(`${proxy.url}/v1/responses`, { headers: { ...headers, ...upgrade } })

    expect([posted.status, opened.status]).toEqual([403, 403])
    expect(proxy.records).toMatchObject([
      { surface: 'chat', status: 403, errorKind: 'forbidden', requestId: posted.headers.get('x-lynkr-request-id') },
      {
        surface: 'responses',
        status: 403,
        errorKind: 'forbidden',
        requestId: opened.headers.get('x-lynkr-request-id'),
      },
    ])
  })

  test('gets no leave from a preflight', async () => {
    const response = await fetch(`${proxy.url}/v1/messages`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })

    expect(response.status).toBeGreaterThanOrEqual(400)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
