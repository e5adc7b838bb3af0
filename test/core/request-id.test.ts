import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { seededRandom } from '../../src/core/random.ts'
import { acceptRequestId, newRequestId } from '../../src/core/request-id.ts'

test('a request id is the time in base 36, then ten characters of chance', () => {
  fc.assert(
    fc.property(fc.nat({ max: 36 ** 9 - 1 }), (wallMs) => {
      const first = newRequestId(wallMs, () => 0)
      const last = newRequestId(wallMs, () => 1 - Number.EPSILON)

      expect(first).toBe(`req_${wallMs.toString(36).padStart(9, '0')}0000000000`)
      expect(last).toBe(`req_${wallMs.toString(36).padStart(9, '0')}zzzzzzzzzz`)
    }),
  )
})

test('ids of one millisecond differ', () => {
  const random = seededRandom(7)

  const ids = new Set(Array.from({ length: 10_000 }, () => newRequestId(1_764_000_000_000, random)))

  expect(ids.size).toBe(10_000)
})

test('a later id sorts after an earlier one', () => {
  fc.assert(
    fc.property(fc.nat({ max: 36 ** 9 - 2 }), (wallMs) => {
      expect(newRequestId(wallMs, Math.random) < newRequestId(wallMs + 1, Math.random)).toBe(true)
    }),
  )
})

test('an id of our own making is one that we accept from a client', () => {
  const id = newRequestId(1_764_000_000_000, seededRandom(1))

  expect(acceptRequestId(id)).toBe(id)
})
