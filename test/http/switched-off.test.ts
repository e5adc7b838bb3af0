import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

setDefaultTimeout(60_000)

let lynkr: RunningLynkr
beforeAll(async () => {
  lynkr = await startLynkr({
    METRICS_ENABLED: 'false',
    HEALTH_CHECK_ENABLED: 'false',
    LYNKR_DASHBOARD_ENABLED: 'false',
    LYNKR_MODEL_REFRESH_INTERVAL: '0',
  })
})
afterAll(() => lynkr.stop())

const refused = async (path: string): Promise<readonly [number, unknown]> => {
  const response = await fetch(`${lynkr.server.url}${path}`, { headers: { 'x-api-key': lynkr.adminKey } })
  return [response.status, Reflect.get(Object(await response.json()), 'error')]
}

test.each([
  ['/metrics', 'METRICS_ENABLED'],
  ['/metrics/prometheus', 'METRICS_ENABLED'],
  ['/metrics/observability', 'METRICS_ENABLED'],
  ['/metrics/circuit-breakers', 'METRICS_ENABLED'],
  ['/metrics/load-shedding', 'METRICS_ENABLED'],
  ['/health', 'HEALTH_CHECK_ENABLED'],
  ['/health/ready', 'HEALTH_CHECK_ENABLED'],
])('%s is a 404 that names %s while that is false', async (path, setting) => {
  const [status, error] = await refused(path)

  expect([status, error]).toEqual([
    404,
    { type: 'not_found_error', message: `${path} is switched off: ${setting} is false` },
  ])
})

test('a dashboard that is switched off is a 404', async () => {
  const [status] = await refused('/dashboard')

  expect(status).toBe(404)
})

test('/health/live is there all the same', async () => {
  expect((await fetch(`${lynkr.server.url}/health/live`)).status).toBe(200)
})
