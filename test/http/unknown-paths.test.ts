import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openProxy } from '../support/proxy.ts'
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

test('what there is not is told to the log, with the id that its client got', async () => {
  const strays: object[] = []
  const proxy = await openProxy({ app: { logStray: (stray) => strays.push(stray) } })

  const absent = await fetch(`${proxy.url}/v1/v1/messages?key=x`, { method: 'POST' })
  const other = await fetch(`${proxy.url}/v1/messages`, { method: 'DELETE' })

  const idOf = (response: Response) => response.headers.get('x-lynkr-request-id')
  expect(strays).toEqual([
    { requestId: idOf(absent), method: 'POST', path: '/v1/v1/messages', status: 404 },
    { requestId: idOf(other), method: 'DELETE', path: '/v1/messages', status: 405 },
  ])
  await proxy.stop()
})
