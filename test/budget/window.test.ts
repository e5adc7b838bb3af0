import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { WINDOW_KINDS, windowAt, windowStart } from '../../src/budget/window.ts'

const at = (iso: string) => Date.parse(iso)

test.each([
  ['minute', '2026-11-22T18:59:59.999Z', '2026-11-22T18:59:00Z', '2026-11-22T19:00:00Z'],
  ['hour', '2026-11-22T18:00:00Z', '2026-11-22T18:00:00Z', '2026-11-22T19:00:00Z'],
  ['day', '2026-11-22T23:59:59.999Z', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['week', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['week', '2026-11-23T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
  ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
] as const)('the %s of %s is from %s to %s', (kind, wall, start, end) => {
  const window = windowAt(kind, at(wall))

  expect([window.startWallMs, window.endWallMs]).toEqual([at(start), at(end)])
})

test('windows of a kind tile time: each instant is in one, and the next begins where it ends', () => {
  const instant = fc.integer({ min: at('1970-01-01T00:00:00Z'), max: at('2200-01-01T00:00:00Z') })

  fc.assert(
    fc.property(fc.constantFrom(...WINDOW_KINDS), instant, (kind, wallMs) => {
      const window = windowAt(kind, wallMs)
      const next = windowAt(kind, window.endWallMs)

      expect(window.startWallMs <= wallMs && wallMs < window.endWallMs).toBe(true)
      expect(windowStart(kind, window.index)).toBe(window.startWallMs)
      expect([next.index, next.startWallMs]).toEqual([window.index + 1, window.endWallMs])
    }),
    { numRuns: 200 },
  )
})
