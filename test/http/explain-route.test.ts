import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

let lynkr: RunningLynkr
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lynkr-explain-'))
  const path = join(folder, 'lynkr.yaml')
  writeFileSync(path, 'keys:\n  - { id: ci, env: CI_KEY, models: [gpt-*] }\n')
  const keys = { CI_KEY: 'c'.repeat(30), LYNKR_API_KEYS: 's'.repeat(30) }
  lynkr = await startLynkr({ LYNKR_MODEL_REFRESH_INTERVAL: '0', LYNKR_CONFIG: path, ...keys })
})
afterAll(async () => {
  await lynkr.stop()
  rmSync(folder, { recursive: true })
})

const BODY = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] })

function ask(query: string, key: string, body = BODY): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return fetch(`${lynkr.server.url}/admin/explain${query}`, { method: 'POST', headers, body })
}

test('POST /admin/explain tells the admin what would become of a request, and sends nothing', async () => {
  const response = await ask('', lynkr.adminKey)
  const json = JSON.parse(await response.text())

  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(json).toMatchObject({
    surface: 'anthropic',
    route: { source: 'default lane' },
    targets: [{ provider: 'anthropic', lane: 'passthrough' }],
  })
  expect(JSON.stringify(json)).not.toContain(lynkr.adminKey)
  expect(lynkr.simulator.requests()).toEqual([])
})

test('nobody else may ask, and wrong questions are refused as such', async () => {
  expect((await ask('', 'k'.repeat(30))).status).toBe(401)
  expect((await ask('?surface=telegraph', lynkr.adminKey)).status).toBe(400)
  expect((await ask('', lynkr.adminKey, '{broken')).status).toBe(400)
  expect((await ask('?key=key_nobody', lynkr.adminKey)).status).toBe(404)
})

test('keys of the file and of LYNKR_API_KEYS can be asked for like those of the store', async () => {
  const listed = await ask('?key=ci', lynkr.adminKey)
  const plain = await ask('?key=static_1', lynkr.adminKey)

  expect([listed.status, plain.status]).toEqual([403, 200])
  expect(await listed.text()).toContain('claude-sonnet-4-5')
})
