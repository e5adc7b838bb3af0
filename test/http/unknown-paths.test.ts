import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

let lynkr: RunningLynkr
beforeAll(async () => {
  lynkr = await startLynkr({ LYNKR_MODEL_REFRESH_INTERVAL: '0' })
})
afterAll(() => lynkr.stop())

const ask = (method: string, path: string): Promise<Response> =>
  fetch(`${lynkr.server.url}${path}`, { method, headers: { 'x-api-key': lynkr.adminKey } })

test.each(['GET', 'POST', 'PUT'])('%s of a path below /admin that is none is a 404', async (method) => {
  const response = await ask(method, '/admin/nothing')

  expect([response.status, response.headers.get('allow')]).toEqual([404, null])
})

test.each([
  ['/admin/keys', 'GET, HEAD, POST'],
  ['/admin/capabilities', 'GET, HEAD, DELETE'],
  ['/admin/keys/key_1', 'GET, HEAD, DELETE'],
  ['/admin/explain', 'POST'],
])('PUT %s is a 405 that allows %s', async (path, allow) => {
  const response = await ask('PUT', path)

  expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
})
