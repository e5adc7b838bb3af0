import { expect, test } from 'bun:test'
import { DEADLINE_MS_MAX } from '../../src/core/limits.ts'
import { clientRetryCount, deadlineMs } from '../../src/resilience/deadline.ts'

test.each([
  [null, 600_000],
  ['600', 600_000],
  ['30', 30_000],
  ['0.5', 500],
  ['1200', 1_200_000],
  ['3600', 3_600_000],
  ['3601', DEADLINE_MS_MAX],
  ['1000000000', DEADLINE_MS_MAX],
  ['0', 600_000],
  ['0.0', 600_000],
  ['-1', 600_000],
  ['NaN', 600_000],
  ['Infinity', 600_000],
  ['1e9', 600_000],
  ['0x10', 600_000],
  ['', 600_000],
  [' 30', 600_000],
  ['30s', 600_000],
  ['9'.repeat(400), 600_000],
])('X-Stainless-Timeout %p gives a deadline of %i ms', (header, expected) => {
  expect(deadlineMs(header)).toBe(expected)
})

test.each([
  [null, 0],
  ['0', 0],
  ['2', 2],
  ['9999', 9_999],
  ['99999', 0],
  ['-1', 0],
  ['1.5', 0],
  ['two', 0],
])('x-stainless-retry-count %p counts as %i', (header, expected) => {
  expect(clientRetryCount(header)).toBe(expected)
})
