import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { shutdownPhase, shutdownPlan } from '../../src/resilience/shutdown-plan.ts'
import { runSeed } from './seed.ts'

test.each([
  [30_000, false, 5_000, 28_000],
  [30_000, true, 0, 28_000],
  [60_000, false, 5_000, 58_000],
  [12_000, false, 2_000, 10_800],
  [600, false, 100, 540],
  [0, false, 0, 0],
])(
  'of %i ms (drained: %p) it accepts until %i and cuts at %i',
  (timeoutMs, hasDrained, stopAcceptingMs, cutStreamsMs) => {
    expect(shutdownPlan(timeoutMs, hasDrained)).toEqual({ stopAcceptingMs, cutStreamsMs, exitMs: timeoutMs })
  },
)

test.each([
  [0, 'lead'],
  [4_999, 'lead'],
  [5_000, 'drain'],
  [27_999, 'drain'],
  [28_000, 'cut'],
  [29_999, 'cut'],
  [30_000, 'exit'],
  [1e9, 'exit'],
] as const)('%i ms after SIGTERM the phase of a 30 s plan is %s', (sinceMs, phase) => {
  expect(shutdownPhase(shutdownPlan(30_000, false), sinceMs)).toBe(phase)
})

test('the phases of any plan follow one another within its timeout', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), fc.boolean(), (timeoutMs, hasDrained) => {
      const { stopAcceptingMs, cutStreamsMs, exitMs } = shutdownPlan(timeoutMs, hasDrained)
      expect([0, stopAcceptingMs, cutStreamsMs, exitMs]).toEqual(
        [0, stopAcceptingMs, cutStreamsMs, exitMs].sort((a, b) => a - b),
      )
      expect(exitMs).toBe(timeoutMs)
    }),
    { seed: runSeed | 0, numRuns: 200 },
  )
})
