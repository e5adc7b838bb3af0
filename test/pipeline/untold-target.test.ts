import { afterEach, expect, test } from 'bun:test'
import { rowProvider } from '../matrix/lanes.ts'
import { HELLO, openProxy, post, providerAt, type TestProxy } from '../support/proxy.ts'

/** `openai` cannot be told all of it. */
const LOSSY = { ...HELLO, top_k: 5 }
const STRICT = { 'x-lynkr-strict': 'true' }

let proxy: TestProxy
afterEach(() => proxy.stop())

/** A route over servers that the simulator is all of, by the names of their rows. */
async function openRoute(...rows: string[]): Promise<TestProxy> {
  return openProxy({
    routes: ({ baseUrl }) => {
      const providers = rows.map((row) => ({ ...providerAt(baseUrl), ...rowProvider(row), baseUrl }))
      return { providers, routes: { [HELLO.model]: providers.map((provider) => ({ provider, model: HELLO.model })) } }
    },
  })
}

test('a failover that cannot be told the request does not make it a wrong one: the failure is told', async () => {
  proxy = await openRoute('anthropic', 'openai')
  proxy.simulator.setDefault({ status: 529 })

  const response = await post(proxy, LOSSY, { headers: STRICT })

  expect(response.status).toBe(529)
  expect((await proxy.settled(1))[0]?.errorKind).toBe('upstream_error')
})

test('the next target is asked where one cannot be told the request', async () => {
  proxy = await openRoute('openai', 'anthropic')

  const response = await post(proxy, LOSSY, { headers: STRICT })

  expect(response.status).toBe(200)
  expect((await proxy.settled(1))[0]?.attemptList.map(({ provider }) => provider)).toEqual(['anthropic'])
})

test('a request that no target can be told is refused, with what is wrong', async () => {
  proxy = await openRoute('openai', 'databricks')

  const response = await post(proxy, LOSSY, { headers: STRICT })

  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('top_k')])
  expect(proxy.simulator.requests()).toHaveLength(0)
})
