import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { listProviders, testProviders } from '../../../src/cli/commands/providers.ts'
import { systemClock, systemScheduler } from '../../../src/core/clock.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Provider } from '../../../src/core/target.ts'
import { PROVIDER_TABLE } from '../../../src/routing/provider-table.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts'
import { fetchTransport as transport } from '../../../src/upstream/fetch-transport.ts'
import { openSigners } from '../../../src/upstream/signers.ts'
import { rowProvider, UPSTREAM_ROWS } from '../../matrix/lanes.ts'
import { providerAt } from '../../support/proxy.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(() => {
  simulator.clear()
  simulator.setDefault()
})
afterAll(() => simulator.stop())

const provider = (id: string, members: Partial<Provider> = {}): Provider => ({
  ...providerAt(simulator.url),
  ...rowProvider(id),
  ...members,
})

async function run(providers: readonly Provider[], names: readonly string[] = [], model: string | null = null) {
  const lines: string[] = []
  const print = (line: string): void => void lines.push(line)
  const door = { transport, scheduler: systemScheduler, clock: systemClock }
  const code = await testProviders({
    settings: { providers, defaultProvider: providers[0] ?? null },
    names,
    model,
    format: 'json',
    print,
    printError: print,
    signers: openSigners(door),
    ...door,
  })
  return { code, text: lines.join('\n') }
}

describe('providers test', () => {
  test('asks each configured provider, in its dialect and with its signature, one small question', async () => {
    const all = UPSTREAM_ROWS.map((row) => provider(row))

    const { code, text } = await run(all)

    const rows: { provider: string; result: string; tokens: number; said: string }[] = JSON.parse(text)
    expect(rows.map((row) => [row.provider, row.result])).toEqual(UPSTREAM_ROWS.map((row) => [row, 'ok']))
    expect(rows.every(({ tokens, said }) => tokens > 0 && said.startsWith('Hello from'))).toBe(true)
    expect(simulator.requests().length).toBe(all.length)
    expect(simulator.requests().every(({ body }) => body.byteLength < 400)).toBe(true)
    expect(code).toBe(0)
  })

  test('ends with 1 and says why where one does not answer, and shows no key', async () => {
    const keys = [new Secret('AKIASIMULATED0000001:wrong-secret-of-mine')]
    const gone = provider('openai', { baseUrl: 'http://127.0.0.1:1' })

    const { code, text } = await run([provider('anthropic'), provider('bedrock', { keys }), gone])

    const rows: { result: string; said: string }[] = JSON.parse(text)
    expect(rows.map(({ result }) => result)).toEqual(['ok', 'upstream_auth', 'upstream_unreachable'])
    expect(rows[1]?.said).toStartWith('403 The request signature')
    expect(text).not.toContain('wrong-secret')
    expect(code).toBe(1)
  })

  test('asks only those that are named, for the model that is named', async () => {
    const { code, text } = await run([provider('anthropic'), provider('openai')], ['openai'], 'gpt-x')

    expect(JSON.parse(text)).toMatchObject([{ provider: 'openai', model: 'gpt-x', result: 'ok' }])
    expect(code).toBe(0)
  })

  test('ends with 2 for a name that is not configured, with what is near, and asks nobody', async () => {
    const unknown = await run([provider('anthropic')], ['antropic'])
    const unset = await run([provider('anthropic')], ['bedrock'])

    expect([unknown.code, unset.code, simulator.requests().length]).toEqual([2, 2, 0])
    expect(unknown.text).toContain('did you mean anthropic?')
    expect(unset.text).toContain('bedrock is not configured; configured are anthropic')
    expect((await run([])).code).toBe(2)
  })
})

test('providers list shows what is configured, never a key, and with --all every row', () => {
  const lines: string[] = []
  const print = (line: string): void => void lines.push(line)
  const providers = [provider('anthropic'), provider('bedrock')]
  const settings = { providers, defaultProvider: providers[0] ?? null }

  listProviders({ settings, isAll: false, format: 'table', print, printError: print })
  listProviders({ settings, isAll: true, format: 'json', print, printError: print })

  const [listed = '', all = ''] = lines
  expect(listed).toMatch(/anthropic +anthropic +http.*x-api-key +1 +default/)
  expect(listed).toContain('aws-sigv4')
  expect(listed).not.toContain(providers[1]?.keys[0]?.reveal() ?? 'nothing')
  expect(JSON.parse(all)).toHaveLength(PROVIDER_TABLE.length)
})
