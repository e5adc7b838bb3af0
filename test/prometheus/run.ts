import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PANELS } from '../../scripts/docs/grafana-dashboard.ts'
import { readAlertRules } from '../support/alert-rules.ts'
import { findPrometheus } from '../support/prometheus.ts'
import { type RunningLynkr, startLynkr } from '../support/running-lynkr.ts'
import { freePort, type ServerProcess, startServer } from '../support/server-process.ts'
import { requireService } from '../support/services.ts'
import { openTally } from '../support/tally.ts'
import {
  ACCOUNTED,
  booksOf,
  costOfAnswers,
  driveTraffic,
  FAULTS_BEFORE_THE_ANSWER,
  FAULTS_WITHIN_THE_ANSWER,
  type Seen,
  sum,
  totalsOf,
} from './traffic.ts'

/**
 * `bun run test:prometheus`: a real Prometheus scrapes a running lynkr under traffic and faults. Every operand of every
 * alert and every query of every panel must evaluate and have data, and totals must be what clients and simulator saw and
 * what ledger and usage rows say. `LYNKR_TEST_REQUESTS` says how many requests; 2,000 if nothing does.
 */
const REQUESTS = Number(process.env.LYNKR_TEST_REQUESTS ?? 2_000)
/** What is counted, written and scraped in its own time is there within seconds, and on a loaded machine within this. */
const WITHIN_MS = 120_000
const tally = openTally()
const tools = await requireService('prometheus', findPrometheus)
if (tools === null) process.exit(0)

const folder = mkdtempSync(join(tmpdir(), 'lynkr-prometheus-'))
await Bun.write(join(folder, 'lynkr.yaml'), ACCOUNTED)
const lynkr = await startLynkr({
  LYNKR_CONFIG: join(folder, 'lynkr.yaml'),
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1000',
  // What is counted at the simulator are requests of clients alone.
  LYNKR_MODEL_REFRESH_INTERVAL: '0',
  LOG_LEVEL: 'silent',
})
const prometheus = await scrape(lynkr, tools.server)
try {
  await scraped(prometheus, 2)
  const whole = await driveTraffic(lynkr, REQUESTS, FAULTS_BEFORE_THE_ANSWER)
  await checkTotals('with failing attempts', whole)
  await checkBooks('with failing attempts', whole)
  const all = sum(whole, await driveTraffic(lynkr, Math.ceil(REQUESTS / 4), FAULTS_WITHIN_THE_ANSWER))
  await checkTotals('with broken streams too', all)
  await checkBooks('with broken streams too', all)
  tally.check('streams broke in mid-answer', { 'the client saw it': all.broken > 0 })
  await scraped(prometheus, 2)
  await checkAlerts(prometheus)
  await checkPanels(prometheus)
} finally {
  await prometheus.stop()
  await lynkr.stop()
  rmSync(folder, { recursive: true, force: true })
}
tally.finish()

/** Scrapes each second, as the service monitor would: `job="lynkr"`, the path of the annotations. */
async function scrape({ server }: RunningLynkr, program: string): Promise<ServerProcess> {
  const port = await freePort()
  const config = join(folder, 'prometheus.yml')
  const job = {
    job_name: 'lynkr',
    metrics_path: '/metrics/prometheus',
    static_configs: [{ targets: [`127.0.0.1:${server.port}`] }],
  }
  await Bun.write(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }))
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  return startServer([program, ...flags, `--web.listen-address=127.0.0.1:${port}`], { port, readyPath: '/-/ready' })
}

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/** An instant query; `null` if Prometheus does not understand it. */
async function query({ url }: ServerProcess, expression: string): Promise<readonly Series[] | null> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
  if (!answer.ok) return null
  const { data } = (await answer.json()) as { data: { result: readonly Series[] } }
  return data.result
}

/** Instant queries, asked until all have data: a scrape that came too late leaves none until the next. */
async function queryAll(prometheus: ServerProcess, expressions: readonly string[]) {
  const all = () => Promise.all(expressions.map((expression) => query(prometheus, expression)))
  return await settled(all, (results) => results.every((series) => series === null || series.length > 0))
}

/** Asks until it is so, or the time is over: then the claim that follows fails. */
async function settled<T>(ask: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + WITHIN_MS
  for (;;) {
    const value = await ask()
    if (isSo(value) || performance.now() > deadline) return value
    await Bun.sleep(200)
  }
}

/** Waits for so many more scrapes that succeed. */
async function scraped(prometheus: ServerProcess, more: number): Promise<void> {
  const count = async (): Promise<number> =>
    Number((await query(prometheus, 'sum_over_time(up{job="lynkr"}[10m])'))?.[0]?.value[1] ?? 0)
  const enough = (await count()) + more
  await settled(count, (scrapes) => scrapes >= enough)
}

async function checkTotals(name: string, seen: Seen): Promise<void> {
  const totals = await settled(
    () => totalsOf(lynkr),
    ({ requests }) => requests >= seen.sent,
  )
  const facts = { totals, seen }
  tally.check(
    `after ${seen.sent} requests ${name} the totals are what client and simulator saw`,
    {
      'requests = what the client sent': totals.requests === seen.sent,
      'errors = 5xx and broken streams that the client got': totals.errors === seen.failed,
      'attempts = what reached the simulator': totals.attempts === seen.upstream,
      'something failed and was retried': seen.failed > 0 && totals.retries > 0,
      // Of a broken stream lynkr estimates what nobody told.
      'tokens in = what answers told': seen.broken > 0 || totals.tokensIn === seen.tokensIn,
      'tokens out = what answers told': seen.broken > 0 || totals.tokensOut === seen.tokensOut,
    },
    () => JSON.stringify(facts, null, 1),
  )
}

/** Metrics, ledger and usage rows tell the same sum. The books are written in batches, so they are asked until they agree. */
async function checkBooks(name: string, seen: Seen): Promise<void> {
  const totals = await totalsOf(lynkr)
  const books = await settled(
    () => booksOf(lynkr),
    ({ held, usageMicroUsd }) => held === 0 && usageMicroUsd === totals.microUsd,
  )
  const tokens = totals.tokensIn + totals.tokensOut
  tally.check(
    `after ${seen.sent} requests ${name} metrics, ledger and usage add up to the same, to the micro-dollar`,
    {
      'something was charged': totals.microUsd > 0,
      'cost = what the whole answers cost': seen.broken > 0 || totals.microUsd === costOfAnswers(seen.whole),
      'ledger = cost': books.ledgerMicroUsd === totals.microUsd,
      'usage = cost': books.usageMicroUsd === totals.microUsd,
      'tokens of the ledger = tokens': books.ledgerTokens === tokens,
      'tokens of the usage = tokens': books.usageTokens === tokens,
      'nothing stays set aside': books.held === 0,
    },
    () => JSON.stringify({ totals, books, seen, expected: costOfAnswers(seen.whole) }, null, 1),
  )
}

/** What an alert compares, without the comparison: it must have data while all is well. */
async function checkAlerts(prometheus: ServerProcess): Promise<void> {
  const { alerts } = await readAlertRules()
  for (const { alert, expr } of alerts) {
    // node-exporter's metric is the one that lynkr cannot have; the alert beside it needs only lynkr.
    const operands = expr
      .replace(/\s(?:==|>)\s[\d.]+$/, '')
      .split(/\s\/\s(?=\w+_)/)
      .filter((one) => !one.includes('node_memory'))
    const own = [...operands, ...(expr.includes('node_memory') ? [] : [expr.replace(/\s(?:==|>)\s[\d.]+$/, '')])]
    const results = await queryAll(prometheus, own)
    const isFiring = (await query(prometheus, expr)) !== null
    tally.check(
      `alert ${alert} evaluates`,
      {
        'its expression is understood': isFiring,
        'every operand has data': results.every((series) => series !== null && series.length > 0),
      },
      () => JSON.stringify(Object.fromEntries(own.map((operand, i) => [operand, results[i]?.length]))),
    )
  }
}

async function checkPanels(prometheus: ServerProcess): Promise<void> {
  for (const { title, queries } of PANELS) {
    const expressions = Object.values(queries).map((expression) =>
      expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'lynkr').replaceAll('$instance', '.*'),
    )
    const isEmptyByNature = title.startsWith('Cost by model')
    const ask = () => Promise.all(expressions.map((expression) => query(prometheus, expression)))
    const results = isEmptyByNature ? await ask() : await queryAll(prometheus, expressions)
    tally.check(
      `panel ${title} has data`,
      {
        'every query is understood': results.every((series) => series !== null),
        'every query has data': isEmptyByNature || results.every((series) => (series ?? []).length > 0),
      },
      () => JSON.stringify(Object.fromEntries(expressions.map((expression, i) => [expression, results[i]?.length]))),
    )
  }
}
