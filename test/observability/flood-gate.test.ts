import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createFloodGate, FLOOD_SAMPLE } from '../../src/observability/flood-gate.ts'

describe('a flood of lines of one kind', () => {
  test.each([
    [9, 9],
    [10, 10],
    [11, 10],
    [10 + FLOOD_SAMPLE - 1, 10],
    [10 + FLOOD_SAMPLE, 11],
  ])('of %d in a second leaves %d', (lines, written) => {
    const gate = createFloodGate(10)

    const told = Array.from({ length: lines }, () => gate.admit('overloaded', 0)).filter((standsFor) => standsFor > 0)

    expect(told.length).toBe(written)
  })

  test('is over in the next second, whose first line tells what was left out', () => {
    const gate = createFloodGate(1)
    for (let i = 0; i < 8; i++) gate.admit('ok', 500)

    expect(gate.admit('ok', 1_499)).toBe(0)
    expect(gate.admit('ok', 1_500)).toBe(9)
  })

  test('thins out no other kind', () => {
    const gate = createFloodGate(1)
    for (let i = 0; i < 50; i++) gate.admit('overloaded', 0)

    expect(gate.admit('internal', 0)).toBe(1)
  })

  test('never loses count: lines written and lines not yet told add up to all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 2_000 }),
        fc.integer({ min: 1, max: 50 }),
        (gapsMs, pace) => {
          const gate = createFloodGate(pace)
          let nowMs = 0
          let told = 0
          for (const gapMs of gapsMs) {
            nowMs += gapMs
            told += gate.admit('ok', nowMs)
          }

          const last = gate.admit('ok', nowMs + 1_000)

          expect(told + last).toBe(gapsMs.length + 1)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('is none where the pace is 0', () => {
    const gate = createFloodGate(0)

    expect(Array.from({ length: 5_000 }, () => gate.admit('ok', 0)).every((standsFor) => standsFor === 1)).toBe(true)
  })
})
