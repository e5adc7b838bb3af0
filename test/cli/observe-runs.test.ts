import { expect, test } from 'bun:test'
import { observeRuns } from '../../src/cli/observe-runs.ts'
import { createExposition } from '../../src/observability/exposition.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/recorder.ts'
import type { RunFacts } from '../../src/observability/traces/run-span.ts'
import type { SettledRun } from '../../src/sandbox/commands.ts'
import { openFakeClock } from '../support/fake-clock.ts'

const RUN: SettledRun = {
  runId: 'r1',
  caller: 'key_1',
  trace: null,
  command: 'search',
  ending: 'exited',
  hasStarted: true,
  reason: null,
  words: null,
  exitCode: 1,
  outputBytes: 7,
  durationMs: 250.4,
}

test('a run is counted by its ending once, and told in one line without its output', () => {
  const lines: string[] = []
  const metrics = createMetrics({ providers: [], models: [], version: '1', commit: 'c' })
  const spans: RunFacts[] = []
  const observer = observeRuns({
    metrics: metrics.rooms,
    logger: createLogger(
      { write: (line: string) => void lines.push(line), flush: async () => undefined },
      { level: 'info' },
    ),
    tracer: { record: () => undefined, recordRun: (run) => void spans.push(run), close: async () => undefined },
    clock: openFakeClock(1_000_000).clock,
  })

  observer.started()
  observer.settled(RUN)
  observer.settled({ ...RUN, ending: 'denied', hasStarted: false, reason: 'outside_root' })
  observer.settled({
    ...RUN,
    ending: 'unavailable',
    hasStarted: false,
    reason: 'sandbox_unavailable',
    words: 'docker: no such runtime',
  })
  observer.settled({ ...RUN, ending: 'cancelled', hasStarted: false, reason: 'client_closed' })

  const text = createExposition(metrics.families.registry).render('text')
  expect(text).toContain('lynkr_sandbox_runs_total{ending="exited"} 1\n')
  expect(text).toContain('lynkr_sandbox_runs_total{ending="denied"} 1\n')
  expect(text).toContain('lynkr_sandbox_runs_total{ending="cancelled"} 0\n')
  expect(text).toContain('lynkr_sandbox_running 0\n')
  expect(spans.map((span) => [span.ending, span.endedWallMs])).toEqual([
    ['exited', 1_000_000],
    ['denied', 1_000_000],
    ['unavailable', 1_000_000],
    ['cancelled', 1_000_000],
  ])
  expect(lines.length).toBe(4)
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ command: 'search', ending: 'denied', reason: 'outside_root' })
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ ending: 'unavailable', words: 'docker: no such runtime' })
})
