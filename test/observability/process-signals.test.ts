import { describe, expect, test } from 'bun:test'
import {
  openProcessProbe,
  openSignalSampler,
  type ProcessProbe,
  SAMPLE_INTERVAL_MS,
  showSignals,
} from '../../src/observability/process-signals.ts'
import { createRateWindow } from '../../src/observability/rate-window.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import { requestRecord } from '../support/request-record.ts'

function fakeMachine() {
  const machine = { nowMs: 5_000, rssBytes: 100, isClosed: false, ticks: new Set<() => void>() }
  const probe: ProcessProbe = {
    memory: () => ({ rssBytes: machine.rssBytes, heapUsedBytes: 50 }),
    memoryLimitBytes: () => 1_000,
    loopLagMs: () => 2,
    close() {
      machine.isClosed = true
    },
  }
  const scheduler = {
    after: () => () => undefined,
    every(_: number, run: () => void) {
      machine.ticks.add(run)
      return () => void machine.ticks.delete(run)
    },
  }
  const clock = { nowMs: () => machine.nowMs, wallMs: () => 1_700_000_000_000 }
  const advance = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      machine.nowMs += SAMPLE_INTERVAL_MS
      for (const tick of machine.ticks) tick()
    }
  }
  return { machine, probe, scheduler, clock, advance }
}

describe('the sampler', () => {
  test('knows the process before its first interval is over, and follows it', () => {
    const { machine, probe, scheduler, advance } = fakeMachine()

    const sampler = openSignalSampler(probe, scheduler, () => undefined)
    const first = sampler.latest()
    machine.rssBytes = 200
    const cached = sampler.latest()
    advance(1)

    expect(first).toEqual({ rssBytes: 100, heapUsedBytes: 50, memoryLimitBytes: 1_000, loopLagMs: 2 })
    expect(cached.rssBytes).toBe(100)
    expect(sampler.latest().rssBytes).toBe(200)
  })

  test('goes on with what it last knew while the system does not say: a process out of descriptors cannot look', () => {
    const { machine, probe, scheduler, advance } = fakeMachine()
    let isOut = false
    const memory = (): ReturnType<ProcessProbe['memory']> => {
      if (isOut) throw new Error('Failed to get memory usage')
      return probe.memory()
    }
    const sampler = openSignalSampler({ ...probe, memory }, scheduler, () => undefined)

    isOut = true
    machine.rssBytes = 200
    advance(1)
    const meanwhile = sampler.latest().rssBytes
    isOut = false
    advance(1)

    expect([meanwhile, sampler.latest().rssBytes]).toEqual([100, 200])
  })

  test('leaves nothing behind when closed', () => {
    const { machine, probe, scheduler } = fakeMachine()

    openSignalSampler(probe, scheduler, () => undefined).close()

    expect(machine.ticks.size).toBe(0)
    expect(machine.isClosed).toBe(true)
  })

  test('keeps the gauges of the process, in base units', () => {
    const { probe, scheduler, clock, advance } = fakeMachine()
    const metrics = createMetrics({ providers: [], models: [], version: '1', commit: 'c' })

    openSignalSampler(probe, scheduler, showSignals(metrics, clock))
    advance(3)

    const { rss, heap, memoryLimit, loopLag, uptime, startTime } = metrics.families
    expect([rss, heap, memoryLimit, loopLag, uptime, startTime].map((gauge) => gauge.get())).toEqual([
      100, 50, 1_000, 0.002, 3, 1_700_000_000,
    ])
  })

  test('shows the request rate of the last 15 s, and forgets what is older', () => {
    const { probe, scheduler, clock, advance } = fakeMachine()
    const metrics = createMetrics({ providers: [], models: [], version: '1', commit: 'c' })
    const rate = () => metrics.families.requestsPerSecond.get()

    openSignalSampler(probe, scheduler, showSignals(metrics, clock))
    for (let i = 0; i < 60; i++) metrics.recordRequest(requestRecord())
    advance(15)
    const busy = rate()
    advance(1)

    expect(busy).toBe(4)
    expect(rate()).toBe(0)
  })
})

describe('the rate', () => {
  test('divides by the time that really passed, however late a sample is', () => {
    const window = createRateWindow(15_000)

    window.sample(0, 0)

    expect(window.sample(100, 50_000)).toBe(2)
  })

  test('is zero before the second sample, and when the clock stands still', () => {
    const window = createRateWindow(15_000)

    expect([window.sample(5, 10), window.sample(9, 10)]).toEqual([0, 0])
  })
})

test('the real process has memory, a limit above it, and a loop lag', () => {
  const probe = openProcessProbe({ size: 1 })

  const { rssBytes, heapUsedBytes } = probe.memory()
  const limitBytes = probe.memoryLimitBytes()
  const lagMs = probe.loopLagMs()
  probe.close()

  expect(rssBytes).toBeGreaterThan(10_000_000)
  expect(heapUsedBytes).toBeGreaterThan(0)
  expect(limitBytes).toBeGreaterThan(rssBytes)
  expect(lagMs).toBeGreaterThanOrEqual(0)
})
