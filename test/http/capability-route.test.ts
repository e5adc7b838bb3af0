import { afterAll, beforeAll, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

let lynkr: RunningLynkr
beforeAll(async () => {
  lynkr = await startLynkr({ LYNKR_MODEL_REFRESH_INTERVAL: '0' })
})
afterAll(() => lynkr.stop())

function ask(query = '', method = 'GET', key = lynkr.adminKey): Promise<Response> {
  return fetch(`${lynkr.server.url}/admin/capabilities${query}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
  })
}

test('/admin/capabilities shows what was learnt, gives it as configuration, and forgets it, for the admin alone', async () => {
  lynkr.simulator.enqueue({ status: 400, message: 'metadata: Extra inputs are not permitted' })
  const answer = await lynkr.ask({ metadata: { user_id: 'u' } })

  const shown = JSON.parse(await (await ask()).text())
  const yaml = await (await ask('?format=yaml')).text()
  const metrics = await (await fetch(`${lynkr.server.url}/metrics`)).text()
  const forgotten = JSON.parse(await (await ask('', 'DELETE')).text())

  expect(answer.headers.get('x-lynkr-dropped')).toBe('metadata')
  expect(shown.learned).toMatchObject([{ provider: 'anthropic', model: 'claude-sonnet-5-5', strips: ['metadata'] }])
  expect(parse(yaml)).toEqual({ providers: { anthropic: { quirks: { strips: ['metadata'] } } } })
  expect(metrics).toContain('lynkr_capabilities_learned_total{provider="anthropic"} 1')
  expect(forgotten).toEqual({ forgotten: 1 })
  expect((await ask('', 'GET', 'k'.repeat(30))).status).toBe(401)
  expect((await ask('', 'DELETE', 'k'.repeat(30))).status).toBe(401)
})
