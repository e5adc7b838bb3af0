import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { declareMetrics } from '../../src/observability/metrics.ts'
import { readAlertRules } from '../support/alert-rules.ts'
import { findPrometheus, runTool } from '../support/prometheus.ts'
import { requireService } from '../support/services.ts'

/** Series in promtool's notation, a value every 15 s for 20 minutes; the alert is looked at after `atMinutes`. */
interface Scene {
  readonly alert: string
  readonly what: string
  readonly series: Readonly<Record<string, string>>
  readonly atMinutes: number
  /** Labels of the alert that fires, without its severity; null if none does. */
  readonly fires: Readonly<Record<string, string>> | null
}

const SURFACE = '{job="lynkr",surface="messages"}'
const LYNKR = '{job="lynkr"}'
const messages = { job: 'lynkr', surface: 'messages' }
const lynkr = { job: 'lynkr' }

function errors(errorsPer15s: number): Record<string, string> {
  return {
    [`http_requests_total${SURFACE}`]: '0+100x80',
    [`http_request_errors_total${SURFACE}`]: `0+${errorsPer15s}x80`,
  }
}

function breaker(open: string): Record<string, string> {
  return { 'circuit_breaker_state{job="lynkr",provider="openai",state="OPEN"}': open }
}

function memory(limitMetric: string, usedBytes: number): Record<string, string> {
  return { [`process_resident_memory_bytes${LYNKR}`]: `${usedBytes}x80`, [`${limitMetric}${LYNKR}`]: '1000x80' }
}

/** All requests in the bucket up to `le`, and in those above. */
function firstBytes(le: '2.0' | '4.0'): Record<string, string> {
  const bucket = (bound: string, per15s: number) => [
    `http_request_duration_seconds_bucket{job="lynkr",surface="messages",le="${bound}"}`,
    `0+${per15s}x80`,
  ]
  return Object.fromEntries([
    bucket('1.0', 0),
    bucket('2.0', le === '2.0' ? 9 : 0),
    bucket('4.0', 9),
    bucket('+Inf', 9),
  ])
}

const openBreaker = { job: 'lynkr', provider: 'openai', state: 'OPEN' }
const rejected = (per15s: number) => ({ [`http_requests_rejected_total${LYNKR}`]: `0+${per15s}x80` })
const memoryOf = 'node_memory_MemTotal_bytes'
const limitOf = 'lynkr_memory_limit_bytes'

const SCENES: readonly Scene[] = [
  { alert: 'LynkrHighErrorRate', what: 'at 6 %', series: errors(6), atMinutes: 6, fires: messages },
  { alert: 'LynkrHighErrorRate', what: 'at 5 %', series: errors(5), atMinutes: 15, fires: null },
  { alert: 'LynkrHighErrorRate', what: 'at 6 %, too early', series: errors(6), atMinutes: 4, fires: null },
  { alert: 'LynkrHighErrorRate', what: 'without traffic', series: errors(0), atMinutes: 15, fires: null },
  { alert: 'LynkrCircuitBreakerOpen', what: 'open', series: breaker('1x80'), atMinutes: 3, fires: openBreaker },
  { alert: 'LynkrCircuitBreakerOpen', what: 'closed', series: breaker('0x80'), atMinutes: 10, fires: null },
  { alert: 'LynkrCircuitBreakerOpen', what: 'briefly', series: breaker('1x4 0x76'), atMinutes: 3, fires: null },
  { alert: 'LynkrHighMemoryUsage', what: 'at 86 %', series: memory(memoryOf, 860), atMinutes: 11, fires: lynkr },
  { alert: 'LynkrHighMemoryUsage', what: 'at 85 %', series: memory(memoryOf, 850), atMinutes: 15, fires: null },
  { alert: 'LynkrNearMemoryLimit', what: 'at 86 %', series: memory(limitOf, 860), atMinutes: 11, fires: lynkr },
  { alert: 'LynkrNearMemoryLimit', what: 'at 85 %', series: memory(limitOf, 850), atMinutes: 15, fires: null },
  { alert: 'LynkrLoadSheddingActive', what: 'at 11/s', series: rejected(165), atMinutes: 11, fires: lynkr },
  { alert: 'LynkrLoadSheddingActive', what: 'at 10/s', series: rejected(150), atMinutes: 15, fires: null },
  { alert: 'LynkrHighLatency', what: 'above 2 s', series: firstBytes('4.0'), atMinutes: 11, fires: messages },
  { alert: 'LynkrHighLatency', what: 'up to 2 s', series: firstBytes('2.0'), atMinutes: 15, fires: null },
  { alert: 'LynkrInstanceDown', what: 'down', series: { [`up${LYNKR}`]: '0x80' }, atMinutes: 2, fires: lynkr },
  { alert: 'LynkrInstanceDown', what: 'up', series: { [`up${LYNKR}`]: '1x80' }, atMinutes: 2, fires: null },
  { alert: 'LynkrInstanceDown', what: 'another job', series: { 'up{job="web"}': '0x80' }, atMinutes: 2, fires: null },
]

const { alerts, ruleFile } = await readAlertRules()
const prometheus = await requireService('prometheus', findPrometheus)
const folder = mkdtempSync(join(tmpdir(), 'lynkr-alerts-'))
await Bun.write(join(folder, 'rules.json'), ruleFile)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The scene as a test file of promtool; JSON is YAML. */
function testFile({ alert, series, atMinutes, fires }: Scene): string {
  const rule = alerts.find((each) => each.alert === alert)
  const filled = Object.entries(rule?.annotations ?? {}).map(([name, text]) => [
    name,
    text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => fires?.[label] ?? ''),
  ])
  const expected = { exp_labels: { ...fires, ...rule?.labels }, exp_annotations: Object.fromEntries(filled) }
  return JSON.stringify({
    rule_files: ['rules.json'],
    evaluation_interval: '15s',
    tests: [
      {
        interval: '15s',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: [
          { eval_time: `${atMinutes}m`, alertname: alert, exp_alerts: fires === null ? [] : [expected] },
        ],
      },
    ],
  })
}

describe.if(prometheus !== null)('alert', () => {
  test.each(
    SCENES.map((scene) => [scene.alert, scene.fires === null ? 'is silent' : 'fires', scene.what, scene] as const),
  )('%s %s %s', async (alert, _, what, scene) => {
    const path = join(folder, `${alert}-${what.replace(/\W+/g, '-')}.json`)
    await Bun.write(path, testFile(scene))

    const { code, output } = await runTool([prometheus?.promtool ?? '', 'test', 'rules', path])

    expect(output).toContain('SUCCESS')
    expect(code).toBe(0)
  })

  test('rules please promtool', async () => {
    const { code, output } = await runTool([prometheus?.promtool ?? '', 'check', 'rules', join(folder, 'rules.json')])

    expect(output).toContain(`${alerts.length} rules found`)
    expect(code).toBe(0)
  })
})

test('every alert is shown firing and silent', () => {
  const shown = (fires: boolean) =>
    new Set(SCENES.filter((scene) => (scene.fires !== null) === fires).map(({ alert }) => alert))

  expect([...shown(true)]).toEqual(alerts.map(({ alert }) => alert))
  expect([...shown(false)]).toEqual(alerts.map(({ alert }) => alert))
})

test('every alert asks for metrics that lynkr has, or that Prometheus and node-exporter make', () => {
  const { registry } = declareMetrics({ providers: [], models: [], version: '', commit: '' })
  const known = new Set(registry.exposed.map(({ declaration }) => declaration.name))
  const foreign = new Set(['up', 'node_memory_MemTotal_bytes'])

  const asked = alerts.flatMap(({ expr }) => expr.match(/\b[a-z]+_\w+\b(?!\()|\bup\b/g) ?? [])

  const unknown = asked.filter((name) => !known.has(name.replace(/_bucket$/, '')) && !foreign.has(name))
  expect(unknown).toEqual([])
})

test('every alert has a runbook', async () => {
  const page = await Bun.file('docs/operations.md').text()

  const headings = new Set(
    page.match(/^### \w+$/gm)?.map((line) => `docs/operations.md#${line.slice(4).toLowerCase()}`),
  )

  expect(alerts.map(({ annotations }) => annotations.runbook).filter((runbook) => !headings.has(runbook))).toEqual([])
})
