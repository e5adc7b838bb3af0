import { expect, test } from 'bun:test'
import { models } from '../../../src/cli/commands/models.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { holdingScheduler, systemClock } from '../../../src/core/clock.ts'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { fetchTransport } from '../../../src/upstream/fetch-transport.ts'
import { openSigners } from '../../../src/upstream/signers.ts'

const DOOR = {
  transport: fetchTransport,
  scheduler: holdingScheduler,
  signers: openSigners({ transport: fetchTransport, clock: systemClock, scheduler: holdingScheduler }),
}

async function run(environment: Record<string, string>, format: 'table' | 'json' = 'table') {
  const loaded = loadSettings(environment, null)
  if (!('settings' in loaded)) throw new Error(JSON.stringify(loaded.issues))
  const out: string[] = []
  const err: string[] = []
  const code = await models({
    settings: loaded.settings,
    ...DOOR,
    format,
    print: (line) => out.push(line),
    printError: (line) => err.push(line),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('lynkr models lists what the providers have and where each name goes', async () => {
  const simulator = await startSimulator()
  const environment = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_API_BASE: simulator.url }

  const table = await run(environment)
  const json = await run(environment, 'json')

  expect([table.code, table.err]).toEqual([0, ''])
  expect(table.out).toMatch(/^claude-opus-5-5 +anthropic\/claude-opus-5-5 +default lane$/m)
  expect(JSON.parse(json.out)).toContainEqual({
    model: 'claude-haiku-5-5',
    'goes to': 'anthropic/claude-haiku-5-5',
    'because of': 'default lane',
  })
  await simulator.stop()
})

test('lynkr models says who does not answer, and shows the rest', async () => {
  const simulator = await startSimulator()
  const environment = {
    OPENAI_API_KEY: 'k',
    OPENAI_API_BASE: simulator.url,
    ANTHROPIC_API_KEY: 'k',
    ANTHROPIC_API_BASE: 'http://127.0.0.1:9',
  }

  const { code, out, err } = await run(environment)

  expect(code).toBe(0)
  expect(err).toStartWith('anthropic: the connection to the upstream failed')
  expect(out).toMatch(/^gpt-5\.5 +openai\/gpt-5\.5 +discovered$/m)
  await simulator.stop()
})

test('lynkr models without a provider says that there is none', async () => {
  const { code, err } = await run({})

  expect(code).toBe(1)
  expect(err).toContain('no provider is configured')
})
