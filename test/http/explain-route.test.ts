import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

let lynkr: RunningLynkr
beforeAll(async () => {
  lynkr = await startLynkr({ LYNKR_MODEL_REFRESH_INTERVAL: '0' })
})
afterAll(() => lynkr.stop())

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
