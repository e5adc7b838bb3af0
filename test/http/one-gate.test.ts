import { afterEach, describe, expect, test } from 'bun:test'
import openapi from '../../src/http/openapi.json' with { type: 'json' }
import { rowProvider } from '../matrix/lanes.ts'
import { dailyUsd, openTestGate } from '../support/budgets.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'
import { HELLO, openProxy, type ProxyOptions, post, type TestProxy } from '../support/proxy.ts'
import { openSocketClient } from '../support/socket-client.ts'
import { openTestSpending } from '../support/spending.ts'

const opened: TestProxy[] = []
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.stop()
})

async function open(options: ProxyOptions): Promise<TestProxy> {
  const proxy = await openProxy({ ...options, provider: { ...rowProvider('openai'), ...options.provider } })
  opened.push(proxy)
  return proxy
}

const spent = () => openTestSpending({ gate: openTestGate({ rules: [dailyUsd(0)], store: openMemoryLedger().store }) })
const throttled = () =>
  openTestSpending({ limits: [{ scope: 'global', match: '*', unit: 'requestsPerMinute', limit: 0 }] })

/** One body that every path can read something of. */
const BODY = { ...HELLO, input: 'hi', model: 'gpt-5' }

/** Paths that only count or list, and those of commands, cost nothing; any other that is ever added must be paid. */
const FREE = new Set(['/v1/messages/count_tokens', '/v1/responses/input_tokens', '/v1/commands/{name}'])
const PAID = Object.entries(openapi.paths)
  .filter(([path, methods]) => path.startsWith('/v1/') && 'post' in methods && !FREE.has(path))
  .map(([path]) => path)

describe('one gate stands before every way to spend:', () => {
  test('there are such ways', () => {
    expect(PAID).toEqual(expect.arrayContaining(['/v1/messages', '/v1/chat/completions', '/v1/responses']))
  })

  for (const path of PAID) {
    test(`POST ${path} is refused when the budget is spent, and when its limit is reached`, async () => {
      for (const spending of [spent(), throttled()]) {
        const proxy = await open({ pipeline: { spending } })

        const response = await post(proxy, BODY, { path })

        expect(response.status).toBe(429)
        expect(proxy.simulator.requests()).toHaveLength(0)
      }
    })

    test(`POST ${path} asks for a key before anything else`, async () => {
      const proxy = await open({ apiKeys: ['a-key-of-at-least-22-characters'] })

      const response = await post(proxy, '{broken', { path })

      expect(response.status).toBe(401)
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  for (const [name, spending] of [
    ['budget', spent],
    ['limit', throttled],
  ] as const) {
    test(`a message over the WebSocket of /v1/responses meets the same ${name}`, async () => {
      const proxy = await open({ pipeline: { spending: spending() } })
      const client = await openSocketClient(proxy.url)

      client.send({ type: 'response.create', model: 'gpt-5', input: [] })
      const events = await client.answer()
      client.close()

      expect(JSON.stringify(events.at(-1))).toContain('429')
      expect(proxy.simulator.requests()).toHaveLength(0)
    })
  }

  for (const path of ['/v1/messages/count_tokens', '/v1/responses/input_tokens']) {
    test(`POST ${path} only counts, and is never blocked`, async () => {
      const proxy = await open({ pipeline: { spending: spent() } })
      const { max_tokens: _, ...body } = HELLO

      const response = await post(proxy, { ...body, input: 'hi' }, { path })

      expect(response.status).toBe(200)
    })
  }
})
