import { mkdirSync, rmSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { ACCOUNTED } from '../prometheus/traffic.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'
import { requireService } from '../support/services.ts'
import { openTally } from '../support/tally.ts'

/**
 * `bun run test:dashboard [folder]`: the dashboard in a real browser, before a running lynkr (`LYNKR_COMMAND` says
 * which). Screenshots go to the folder, by default `dist/screenshots`.
 */
const folder = process.argv[2] ?? 'dist/screenshots'
mkdirSync(folder, { recursive: true })
const tally = openTally()
const browser = await requireService('chromium', startChromium)
if (browser === null) process.exit(0)

const config = `${folder}/lynkr.yaml`
const accounted = JSON.parse(ACCOUNTED)
const ofModels = { scope: 'model', window: 'month', usd: 5_000 }
await Bun.write(config, JSON.stringify({ ...accounted, budgets: [...accounted.budgets, ofModels] }))
const lynkr = await startLynkr({ LYNKR_CONFIG: config })
rmSync(config)
browser.context.setDefaultTimeout(180_000)
const page = await browser.context.newPage()
const complaints: string[] = []
const foreign: string[] = []
page.on('console', (message) => {
  if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
})
page.on('pageerror', (error) => complaints.push(error.message))
page.on('request', (request) => {
  if (!request.url().startsWith(lynkr.server.url) && !request.url().startsWith('data:')) foreign.push(request.url())
})

try {
  await logsIn(page, lynkr)
  await updatesLive(page, lynkr)
  await filters(page)
  await drillsDown(page)
  await isNamed(page)
  await looksRight(page)
  await comesBack(page, lynkr)
  await keepsApart(page, lynkr)
  await logsOut(page)
  await hearsOfTheEnd(page, lynkr)
  const isQuiet = complaints.filter((text) => !text.includes('401') && !text.includes('ERR_')).length === 0
  tally.check('the browser has nothing to complain about', { 'no console error': isQuiet }, () => complaints.join('\n'))
  tally.check('the page asks nobody else', { 'no foreign request': foreign.length === 0 }, () => foreign.join('\n'))
} finally {
  await browser.close()
  const code = await lynkr.stop()
  tally.check('an open dashboard does not hold up the end', { 'exit code 0': code === 0 }, lynkr.server.output)
}
tally.finish()

async function logsIn(page: Page, { server, adminKey }: RunningLynkr): Promise<void> {
  await page.goto(`${server.url}/dashboard`)
  await page.getByLabel('Admin key').fill('not the key')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the admin key.').waitFor()
  await page.screenshot({ path: `${folder}/login.png` })
  await page.getByLabel('Admin key').fill(adminKey)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('live', { exact: true }).waitFor()
  tally.check('the admin key opens it, another does not', {
    'the board shows': await page.locator('#board').isVisible(),
  })
}

/** Traffic of every kind: good, retried, refused by us, refused upstream. */
async function updatesLive(page: Page, { ask, simulator }: RunningLynkr): Promise<void> {
  const before = await tile(page, 'Tokens out')
  simulator.enqueue({ status: 529, headers: { 'retry-after-ms': '20' } }, {})
  await (await ask({ model: 'claude-retried-with-a-name-as-long-as-20250929' })).text()
  await (await ask({ model: '' })).text()
  simulator.enqueue({ status: 400, errorType: 'invalid_request_error', message: 'no' })
  await (await ask({ model: 'claude-refused' })).text()
  for (let i = 0; i < 20; i++) await (await ask({ model: `claude-${i % 4}`, stream: i % 2 === 0 })).text()
  await page.locator('#rows tr').nth(22).waitFor()
  await page.locator('.tile', { hasText: 'Tokens out', hasNotText: before }).waitFor()
  // The ledger hears of requests in its own time, and the page of the ledger every few seconds.
  const budget = page.locator('#panels tr', { hasText: 'everybody, a month' }).first()
  await budget.waitFor()
  tally.check('it follows the traffic without a reload', {
    'the tiles changed': (await tile(page, 'Tokens out')) !== before,
    'every request is a row': (await page.locator('#rows tr').count()) === 23,
    'the charts are drawn': (await page.locator('.plot canvas').count()) === 5,
    'the provider is listed': await page.locator('#panels').getByText('anthropic').first().isVisible(),
    'the model is listed by its own name': await page
      .locator('#panels')
      .getByText('claude-0', { exact: true })
      .isVisible(),
    'the budget tells how much is used': await budget.isVisible(),
    'no command has been run, and it says so': await page.getByText('No command has been run.').isVisible(),
    'no breaker has opened, and it says so': await page.getByText('none has opened').isVisible(),
  })
}

async function filters(page: Page): Promise<void> {
  await page.getByRole('searchbox').fill('claude-retried')
  const one = await page.locator('#rows tr').count()
  await page.getByRole('searchbox').fill('')
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('failed')
  const failed = await page.locator('#rows .badge').allTextContents()
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('')
  tally.check('requests are found by words and by outcome', {
    'one model, one row': one === 1,
    'only failures': failed.length === 2 && failed.every((text) => text.startsWith('400')),
  })
}

async function drillsDown(page: Page): Promise<void> {
  await page.getByRole('searchbox').fill('claude-retried')
  await page.locator('#rows button').first().focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  const attempts = await dialog.locator('.waterfall li').allTextContents()
  await page.screenshot({ path: `${folder}/request.png` })
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  tally.check('a request opens by keyboard and shows its attempts', {
    'the budget was asked first': attempts[0]?.startsWith('Budget: reserved') === true,
    'then two attempts': attempts.length === 3,
    'the first failed': attempts[1]?.includes('529') === true,
    'the second answered': attempts[2]?.includes('answered') === true,
    'Escape closes it': await dialog.isHidden(),
  })
  await page.getByRole('searchbox').fill('')
}

async function isNamed(page: Page): Promise<void> {
  const nameless = await page.evaluate<number>(`[...document.querySelectorAll('button, input, select')].filter(
    (one) => one.checkVisibility() && !one.ariaLabel && !one.textContent && !one.labels?.length).length`)
  const tree = await page.locator('body').ariaSnapshot()
  tally.check(
    'everything that acts has a name, and the tree reads well',
    {
      'no nameless control': nameless === 0,
      'the requests are a table under a heading': /heading "Recent requests"[\s\S]*table/.test(tree),
      'charts tell their numbers in words': /a second, .* failed/.test(tree),
      'the switch tells its state': tree.includes('button "Debug log"'),
    },
    () => tree,
  )
}

async function looksRight(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${folder}/${colorScheme}.png`, fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  const isTableTooWide = await page.evaluate<boolean>(
    `[...document.querySelectorAll('#panels .scroll')].some((one) => one.scrollWidth > one.clientWidth)`,
  )
  await page.setViewportSize({ width: 390, height: 844 })
  const isTooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
  await page.screenshot({ path: `${folder}/phone.png` })
  await page.setViewportSize({ width: 1400, height: 1000 })
  tally.check('it fits a phone, and its tables a laptop', {
    'no sideways scrolling': !isTooWide,
    'names of models wrap': !isTableTooWide,
  })
}

async function comesBack(page: Page, { ask }: RunningLynkr): Promise<void> {
  await (await ask({ model: 'before-the-reload' })).text()
  await page.reload()
  await page.locator('#rows tr').nth(23).waitFor()
  tally.check('a reload keeps the session and the history', {
    'no login': !(await page.locator('#login').isVisible()),
    'earlier requests too': (await page.locator('#rows tr').count()) === 24,
  })
}

/** Ids of requests are the clients' own words; a click anywhere in a row opens that one. */
async function keepsApart(page: Page, { ask }: RunningLynkr): Promise<void> {
  for (const model of ['first-of-two', 'second-of-two']) {
    await (await ask({ model }, { 'x-request-id': 'the-same-id' })).text()
  }
  await page.locator('#rows tr', { hasText: 'second-of-two' }).waitFor()
  const both = await page.locator('#rows tr', { hasText: 'of-two' }).count()
  await page.getByText('first-of-two').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  const facts = await dialog.locator('.facts').textContent()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  tally.check('requests of one id stay two, and a click on a row opens it', {
    'two rows': both === 2,
    'the one that was clicked': facts?.includes('first-of-two') === true,
  })
}

/** As after a restart, which forgets every session. */
async function hearsOfTheEnd(page: Page, { adminKey }: RunningLynkr): Promise<void> {
  await page.getByLabel('Admin key').fill(adminKey)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('live', { exact: true }).waitFor()
  await page.evaluate(`fetch('/dashboard/logout', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })`)
  await page.getByLabel('Admin key').waitFor()
  tally.check('a session that ended elsewhere leads back to the login', {
    'the login shows': await page.locator('#login').isVisible(),
  })
}

async function logsOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Debug log' }).click()
  await page.locator('#debug[aria-pressed="true"]').waitFor()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Admin key').waitFor()
  const events = await page.evaluate(async () => (await fetch('/dashboard/events')).status)
  tally.check('who logs out sees nothing more', { 'events are refused': events === 401 })
}

async function tile(page: Page, name: string): Promise<string> {
  return (await page.locator('.tile', { hasText: name }).textContent()) ?? ''
}
