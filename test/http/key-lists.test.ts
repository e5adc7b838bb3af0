import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { sendRaw, statusesOf } from '../support/raw-http.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

const NO_PATH = 'key-that-may-not-use-the-messages-path'
const NO_MODEL = 'key-that-may-not-use-the-dear-model'
const ONE_MODEL = 'key-that-may-use-the-cheap-model-only'

const CONFIG = `
providers:
  openai: { models: [cheap, dear] }
keys:
  - { id: no-path, env: NO_PATH, denyPaths: [/v1/messages] }
  - { id: no-model, env: NO_MODEL, denyModels: [dear] }
  - { id: one-model, env: ONE_MODEL, models: [cheap] }
`

let folder: string
let lynkr: RunningLynkr

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-lists-'))
  const file = join(folder, 'lynkr.yaml')
  writeFileSync(file, CONFIG)
  lynkr = await startLynkr({
    LYNKR_CONFIG: file,
    OPENAI_API_KEY: 'sk-of-the-operator',
    // Nobody answers there: what comes so far was let through.
    OPENAI_API_BASE: 'http://127.0.0.1:9',
    NO_PATH,
    NO_MODEL,
    ONE_MODEL,
  })
})
afterEach(() => lynkr.simulator.clear())
afterAll(async () => {
  await lynkr.stop()
  rmSync(folder, { recursive: true, force: true })
})

const MESSAGE = JSON.stringify({ model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] })

/** @param line path of the request line, as no client would write it */
async function sendTo(line: string, host: string, version = '1.1'): Promise<readonly number[]> {
  const head = [`POST ${line} HTTP/${version}`, `x-api-key: ${NO_PATH}`, 'content-type: application/json']
  const length = `content-length: ${MESSAGE.length}\r\nconnection: close`
  const port = Number(new URL(lynkr.server.url).port)
  const hostLine = version === '1.0' ? '' : `host: ${host}\r\n`
  return statusesOf(await sendRaw(port, `${head.join('\r\n')}\r\n${hostLine}${length}\r\n\r\n${MESSAGE}`))
}

/** The last is for a lynkr that has no time to look. */
const REFUSALS = [400, 403, 404, 405, 529]

describe('a key is kept from a path, however the request line writes it:', () => {
  const lines = [
    '/v1/messages',
    '//v1/messages',
    '/v1/messages/',
    '/v1/messages#',
    '/v1/messages#/x',
    '/v1/messages?x#y',
    '/%761/messages',
    '/v1/%6dessages',
    '/v1/./messages',
    '/v1/x/../messages',
    '/v1\\messages',
    '/v1%2fmessages',
    '/a/:xxx/v1/messages',
    '/v1/models/:xxx/v1/messages',
    'http://localhost/v1/messages',
    'http://localhost/a/:xxx/v1/messages',
    'http:///v1/messages',
  ]
  // The server has no host in its address where the header holds none.
  const hosts = ['localhost', '', 'a@b', 'x y', 'localhost?', 'localhost/v1']
  for (const line of lines) {
    test(line, async () => {
      for (const host of hosts) {
        for (const status of await sendTo(line, host)) expect(REFUSALS).toContain(status)
      }
      expect(lynkr.simulator.requests()).toHaveLength(0)
    })
  }

  test('a request of HTTP/1.0 needs no host to find its path', async () => {
    await eventually(async () => (await sendTo('/v1/messages', '', '1.0')).includes(403))
    expect(lynkr.simulator.requests()).toHaveLength(0)
  })
})

/** On a machine short of processor time lynkr sheds: that is no answer to what was asked. */
async function post(path: string, key: string, body: string): Promise<{ status: number; text: string }> {
  let answer = { status: 0, text: '' }
  await eventually(async () => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key }
    const response = await fetch(lynkr.server.url + path, { method: 'POST', headers, body })
    answer = { status: response.status, text: await response.text() }
    return !answer.text.includes('lynkr is at its limit')
  })
  return answer
}

describe('a key is kept from a model', () => {
  const twice = (path: string, rest: string) =>
    test(`that stands in the body beside an allowed one, at ${path}`, async () => {
      for (const first of ['"model"', '"mod\\u0065l"']) {
        const { status, text } = await post(path, ONE_MODEL, `{${first}:"dear",${rest},"model":"cheap"}`)

        expect(status).toBe(400)
        expect(text).toContain('model: occurs twice')
      }
    })
  const twiceInOtherCase = (path: string, rest: string) =>
    test(`that stands there in letters that some servers take for the same, at ${path}`, async () => {
      for (const key of ['Model', 'MODEL', 'mOdel', '\\u004dodel', '\uff4dodel']) {
        const { status, text } = await post(path, ONE_MODEL, `{"model":"cheap",${rest},"${key}":"dear"}`)

        expect(status).toBe(400)
        expect(text).toContain('model: must be written in small letters')
      }
    })
  twiceInOtherCase('/v1/messages', '"max_tokens":9,"messages":[{"role":"user","content":"hi"}]')
  twiceInOtherCase('/v1/messages/count_tokens', '"messages":[{"role":"user","content":"hi"}]')
  twiceInOtherCase('/v1/chat/completions', '"messages":[{"role":"user","content":"hi"}]')
  twiceInOtherCase('/v1/responses', '"input":"hi"')
  twiceInOtherCase('/v1/embeddings', '"input":"hi"')
  twice('/v1/messages', '"max_tokens":9,"messages":[{"role":"user","content":"hi"}]')
  twice('/v1/messages/count_tokens', '"messages":[{"role":"user","content":"hi"}]')
  twice('/v1/chat/completions', '"messages":[{"role":"user","content":"hi"}]')
  twice('/v1/responses', '"input":"hi"')
  twice('/v1/embeddings', '"input":"hi"')

  for (const model of [
    'dear',
    'dear[1m]',
    'dear[1m][1m]',
    'dear[][x]',
    'DEAR',
    ' dear',
    'dear ',
    'ｄear',
    'dear\u0000',
  ]) {
    test(`by any of its spellings: ${JSON.stringify(model)}`, async () => {
      const { status } = await post('/v1/messages', NO_MODEL, MESSAGE.replace('"claude-x"', JSON.stringify(model)))

      expect([400, 403]).toContain(status)
      expect(lynkr.simulator.requests()).toHaveLength(0)
    })
  }
})
