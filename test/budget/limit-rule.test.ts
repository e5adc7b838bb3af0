import { describe, expect, test } from 'bun:test'
import { type LimitRule, openLimitBook } from '../../src/budget/limit-rule.ts'

const rule = (scope: LimitRule['scope'], match: string, limit: number, unit: LimitRule['unit'] = 'requestsPerMinute') =>
  ({ scope, match, unit, limit }) as const

const ANN = { key: 'k1', user: 'ann', team: null }

describe('the limits of a caller', () => {
  test('are those of its key, its user and everybody; a scope it has no id in does not count', () => {
    const book = openLimitBook([
      rule('key', '*', 1),
      rule('user', 'ann', 2),
      rule('team', '*', 3),
      rule('global', '*', 4),
    ])

    expect(book.ofCaller(ANN).map(({ name, limits }) => [name, limits.requestsPerMinute])).toEqual([
      ['limit-key:k1', 1],
      ['limit-user:ann', 2],
      ['limit-global:*', 4],
    ])
  })

  test('are the exact ones where there are some, unit by unit, in whichever order they are written', () => {
    const rules = [rule('user', 'ann', 9), rule('user', '*', 1), rule('user', '*', 100, 'tokensPerMinute')]

    for (const order of [rules, rules.toReversed()]) {
      const [limited] = openLimitBook(order).ofCaller(ANN)

      expect(limited?.limits).toEqual({ requestsPerMinute: 9, tokensPerMinute: 100, concurrentRequests: null })
    }
  })

  test('are none for whom no rule is about', () => {
    const book = openLimitBook([rule('user', 'bob', 1), rule('model', 'm', 1)])

    expect([book.ofCaller(ANN), book.ofModel('other')]).toEqual([[], []])
    expect(book.ofModel('m')).toHaveLength(1)
  })
})

describe('the limits of a model', () => {
  const rules = [
    rule('model', 'sonnet*', 5),
    rule('model', 'sonnet-1', 9),
    rule('model', '*', 100, 'tokensPerMinute'),
    rule('model', 'sonnet*', 2, 'concurrentRequests'),
  ]
  const limitsOf = (order: readonly LimitRule[], model: string) =>
    openLimitBook(order)
      .ofModel(model)
      .map(({ name, limits }) => [name, limits.requestsPerMinute, limits.tokensPerMinute, limits.concurrentRequests])
      .toSorted()

  test('are one for all that a pattern names, and its own where it is named or a star stands for each', () => {
    for (const order of [rules, rules.toReversed()]) {
      expect(limitsOf(order, 'sonnet-2')).toEqual([
        ['limit-model:sonnet*', 5, null, 2],
        ['limit-model:sonnet-2', null, 100, null],
      ])
      expect(limitsOf(order, 'sonnet-1')).toEqual([
        ['limit-model:sonnet*', null, null, 2],
        ['limit-model:sonnet-1', 9, 100, null],
      ])
      expect(limitsOf(order, 'opus')).toEqual([['limit-model:opus', null, 100, null]])
    }
  })
})
