import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChromium } from '../support/chromium.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'

/**
 * `bun run docs:screenshot`: the picture of the dashboard in the README, from a running lynkr whose only upstream is
 * the simulator. Names and numbers in it are the simulator's.
 */
const PICTURE = 'docs/dashboard.png'
const MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-4-5']
const ROUNDS = 12
const REQUESTS_AT_ONCE = 6

const folder = mkdtempSync(join(tmpdir(), 'lynkr-screenshot-'))
const config = join(folder, 'lynkr.yaml')
writeFileSync(
  config,
  'budgets:\n  - { scope: global, window: day, usd: 20 }\n  - { scope: model, window: day, usd: 5 }\n',
)
const lynkr = await startLynkr({ LYNKR_CONFIG: config })
const browser = await startChromium()
try {
  const page = await browser.context.newPage()
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(`${lynkr.server.url}/dashboard`)
  await page.getByLabel('Admin key').fill(lynkr.adminKey)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('live', { exact: true }).waitFor()
  await makeTraffic(lynkr)
  await page.locator('#rows tr').nth(20).waitFor()
  await page.screenshot({ path: PICTURE })
  console.log(`${PICTURE}, ${Math.round(Bun.file(PICTURE).size / 1_000)} kB`)
} finally {
  await browser.close()
  await lynkr.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** A quarter of a minute of an agent's day: streams and whole answers, an overloaded provider, a refused request. */
async function makeTraffic({ ask, simulator }: RunningLynkr): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    if (round === 4) simulator.enqueue({ status: 529, headers: { 'retry-after-ms': '40' } })
    if (round === 8) simulator.enqueue({ status: 400, errorType: 'invalid_request_error', message: 'no' })
    const requests = Array.from({ length: REQUESTS_AT_ONCE }, async (_, i) => {
      const model = MODELS[(round + i) % MODELS.length]
      const content = 'Read the file and say what is wrong with it. '.repeat(20 * (i + 1))
      const response = await ask({ model, stream: i % 3 !== 0, max_tokens: 900, messages: [{ role: 'user', content }] })
      await response.text()
    })
    await Promise.all(requests)
    await Bun.sleep(1_000)
  }
}
