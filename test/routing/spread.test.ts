import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Target } from '../../src/core/target.ts'
import { spread } from '../../src/routing/spread.ts'
import { providerAt } from '../support/proxy.ts'

const never = (): string => {
  throw new Error('the session was asked for')
}

function targetsOf(weights: readonly (number | undefined)[]): readonly Target[] {
  return weights.map((weight, i) => ({
    provider: { ...providerAt('https://x.example'), id: `p${i}` },
    model: 'm',
    ...(weight !== undefined && { weight }),
  }))
}

const ids = (targets: readonly Target[]): string[] => targets.map(({ provider }) => provider.id)

const weighted = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 8 })
  .filter((weights) => weights.some((weight) => weight > 0))

describe('targets without weights', () => {
  test('keep the order of the file, and nobody asks for the session', () => {
    const targets = targetsOf([undefined, undefined, undefined])

    expect(spread(targets, never)).toBe(targets)
  })

  test('of which there is one need no session either, whatever it weighs', () => {
    expect(ids(spread(targetsOf([5]), never))).toEqual(['p0'])
  })
})

describe('targets with weights', () => {
  test('stand in the same order for the same session, each exactly once', () => {
    fc.assert(
      fc.property(weighted, fc.string(), (weights, session) => {
        const targets = targetsOf(weights)

        const order = ids(spread(targets, () => session))

        expect(order.toSorted()).toEqual(ids(targets).toSorted())
        expect(ids(spread(targets, () => session))).toEqual(order)
      }),
    )
  })

  test('do not change the order of the others when one goes', () => {
    fc.assert(
      fc.property(weighted, fc.string(), fc.nat(), (weights, session, pick) => {
        const targets = targetsOf(weights)
        const gone = targets[pick % targets.length]
        const left = targets.filter((target) => target !== gone)
        fc.pre(left.some(({ weight = 1 }) => weight > 0))

        const order = ids(spread(targets, () => session)).filter((id) => id !== gone?.provider.id)

        expect(ids(spread(left, () => session))).toEqual(order)
      }),
    )
  })

  test('of which one is given more weight lose sessions to it and to no other', () => {
    const before = targetsOf([1, 1, 1])
    const after = targetsOf([1, 3, 1])
    for (let i = 0; i < 2_000; i++) {
      const was = spread(before, () => `s${i}`)[0]?.provider.id
      const is = spread(after, () => `s${i}`)[0]?.provider.id

      if (is !== was) expect(is).toBe('p1')
    }
  })

  test.each([[[1, 1]], [[3, 1]], [[90, 9, 1]], [[1, undefined, 2]]])(
    '%p get parts of the sessions in proportion, within five standard errors',
    (weights) => {
      const trials = 20_000
      const targets = targetsOf(weights)
      const sum = weights.reduce<number>((total, weight) => total + (weight ?? 1), 0)
      const counts = new Map<string, number>()
      for (let i = 0; i < trials; i++) {
        const first = spread(targets, () => `session-${i}`)[0]?.provider.id ?? ''
        counts.set(first, (counts.get(first) ?? 0) + 1)
      }

      for (const [i, weight] of weights.entries()) {
        const part = (weight ?? 1) / sum
        const error = 5 * Math.sqrt((part * (1 - part)) / trials)
        expect(Math.abs((counts.get(`p${i}`) ?? 0) / trials - part)).toBeLessThan(error)
      }
    },
  )

  test('of zero come last, in the order of the file', () => {
    for (let i = 0; i < 200; i++) {
      expect(ids(spread(targetsOf([0, 1, 0, 4]), () => `s${i}`)).slice(2)).toEqual(['p0', 'p2'])
    }
  })
})
