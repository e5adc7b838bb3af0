import { expect, test } from 'bun:test'
import { MODEL_NAME_CHARS_MAX, MODELS_DISCOVERED_MAX } from '../../src/core/limits.ts'
import { nearNames } from '../../src/routing/near-names.ts'

const MANY = Array.from(
  { length: MODELS_DISCOVERED_MAX },
  (_, i) => `vendor-${i}/a-model-of-the-size-${i % 90}-instruct`,
)

test.each([
  ['claude-sonet-5-5', 'claude-sonnet-5-5'],
  ['lcaude-sonnet-5-5', 'claude-sonnet-5-5'],
  ['CLAUDE-SONNET-5-5', 'claude-sonnet-5-5'],
  ['sonnet', 'claude-sonnet-5-5'],
  ['anthropic/claude-sonnet-5-5', 'claude-sonnet-5-5'],
])('of thousands the nearest to %p is %p', (name, nearest) => {
  expect(nearNames(name, [...MANY, 'claude-sonnet-5-5', ...MANY])[0]).toBe(nearest)
})

test('names that are like no other are compared with thousands of long ones in no time', () => {
  const long = MANY.map((name) => name.repeat(8).slice(0, MODEL_NAME_CHARS_MAX))

  for (let i = 0; i < 200; i++) expect(nearNames('y'.repeat(512), long)).toEqual([])
})
