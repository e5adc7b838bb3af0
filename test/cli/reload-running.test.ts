import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

setDefaultTimeout(180_000)

const KEY = 'a-key-of-a-client-0123456789'
const folder = mkdtempSync(join(tmpdir(), 'lynkr-reload-'))
const path = join(folder, 'lynkr.yaml')
const write = (more: string): void => writeFileSync(path, `providers:\n  anthropic: {}\n${more}`)

let lynkr: RunningLynkr
beforeAll(async () => {
  write('models:\n  fast: anthropic/claude-haiku-5-5\n')
  lynkr = await startLynkr({ LYNKR_CONFIG: path, LYNKR_MODEL_REFRESH_INTERVAL: '0' })
})
afterAll(async () => {
  await lynkr.stop()
  rmSync(folder, { recursive: true })
})

const sentModel = (): unknown => Reflect.get(Object(lynkr.simulator.requests().at(-1)?.json), 'model')
const counts = async (result: string): Promise<number> => {
  const text = await (await fetch(`${lynkr.server.url}/metrics`)).text()
  return Number(new RegExp(`lynkr_config_reloads_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0)
}

test('a running lynkr takes over aliases, keys and budgets by signal and by file, and keeps what was right', async () => {
  await (await lynkr.ask({ model: 'fast' })).text()
  const before = sentModel()

  write('models:\n  fast: anthropic/claude-opus-5-5\n')
  process.kill(lynkr.server.pid, 'SIGHUP')
  await eventually(async () => (await counts('applied')) === 1)
  await (await lynkr.ask({ model: 'fast' })).text()
  const after = sentModel()

  write('models:\n  fast: nowhere/x\n')
  await eventually(async () => (await counts('rejected')) === 1)
  await (await lynkr.ask({ model: 'fast' })).text()
  const kept = sentModel()

  write(
    `models:\n  fast: anthropic/claude-opus-5-5\napiKeys: [${KEY}]\nbudgets:\n  - {scope: global, window: month, requests: 1}\n`,
  )
  await eventually(async () => (await counts('applied')) === 2)
  const withoutKey = await lynkr.ask({ model: 'fast' })
  const first = await lynkr.ask({ model: 'fast' }, { 'x-api-key': KEY })
  const second = await lynkr.ask({ model: 'fast' }, { 'x-api-key': KEY })

  expect([before, after, kept]).toEqual(['claude-haiku-5-5', 'claude-opus-5-5', 'claude-opus-5-5'])
  expect([withoutKey.status, first.status, second.status]).toEqual([401, 200, 429])
})

/** The reload before may still be under way where several workers take turns: until then the budget of the test before holds. */
async function streamOnceServed(): Promise<Response> {
  const ask = (): Promise<Response> => lynkr.ask({ model: 'fast', stream: true }, { 'x-api-key': KEY })
  let response = await ask()
  await eventually(async () => {
    if (response.status === 429) response = await ask()
    return response.status !== 429
  })
  return response
}

test('a stream under way ends as it began, whatever the configuration becomes', async () => {
  write('models:\n  fast: anthropic/claude-haiku-5-5\n')
  const applied = await counts('applied')
  await eventually(async () => (await counts('applied')) > applied)
  lynkr.simulator.enqueue({ blocks: [{ text: 'a long answer that takes its time '.repeat(8) }], delayMs: 40 })
  const response = await streamOnceServed()

  write('models:\n  fast: anthropic/claude-opus-5-5\n')
  process.kill(lynkr.server.pid, 'SIGHUP')
  const text = await response.text()

  expect(response.status).toBe(200)
  expect(text).toContain('"model":"claude-haiku-5-5"')
  expect(text).toContain('message_stop')
})
