import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { isSealed, seal, tryUnseal } from '../../src/core/sealed.ts'
import { anyText, RUNS } from '../arbitraries.ts'

test('what is sealed is unsealed as it was, whatever characters it holds', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), (parts) => {
      const sealed = seal('one-vendor', parts)

      expect(tryUnseal(sealed, 'one-vendor')).toEqual(parts)
      expect(isSealed(sealed)).toBe(true)
    }),
    RUNS,
  )
})

test('nobody unseals what is sealed for another, and a signature of a vendor is not sealed', () => {
  expect(tryUnseal(seal('one-vendor', ['x']), 'other-vendor')).toBeNull()
  expect(tryUnseal('EqQBCgIYAhIk==', 'one-vendor')).toBeNull()
  expect(isSealed('EqQBCgIYAhIk==')).toBe(false)
})
