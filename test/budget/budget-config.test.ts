import { expect, test } from 'bun:test'
import { budgetsSchema, pricesSchema } from '../../src/budget/budget-config.ts'
import { toBudgetRules, toModelPrices } from '../../src/budget/configured-rules.ts'

const problems = (value: unknown) =>
  budgetsSchema.safeParse(value).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []

test('dollars become micro-dollars, and one entry with two limits makes two rules', () => {
  const rules = toBudgetRules(budgetsSchema.parse([{ scope: 'team', window: 'month', usd: 0.29, requests: 5 }]))

  expect(rules.map((rule) => [rule.unit, rule.cap, rule.match, rule.softRatio])).toEqual([
    ['usd', 290_000, '*', 0.8],
    ['requests', 5, '*', 0.8],
  ])
})

test('two limits on the same thing are refused, both named', () => {
  const twice = [
    { scope: 'key', match: 'k', window: 'day', usd: 1 },
    { scope: 'key', match: 'k', window: 'hour', usd: 1 },
    { scope: 'key', match: 'k', window: 'day', usd: 2 },
  ]

  expect(problems(twice)).toEqual(['2.usd: budgets[0] and budgets[2] both limit key:k/day/usd; keep one of them'])
})

test.each([
  [{ scope: 'key', window: 'day' }],
  [{ scope: 'global', match: 'k', window: 'day', usd: 1 }],
  [{ scope: 'key', window: 'fortnight', usd: 1 }],
  [{ scope: 'key', window: 'day', usd: -1 }],
  [{ scope: 'key', window: 'day', tokens: 1.5 }],
  [{ scope: 'key', window: 'day', usd: 1, softRatio: 80 }],
  [{ scope: 'key', window: 'day', usd: 1, typo: 1 }],
  [{ scope: 'user', match: 'ann*', window: 'day', usd: 1 }],
  [{ scope: 'model', match: '*-sonnet', window: 'day', usd: 1 }],
])('the impossible budget %j is refused', (budget) => {
  expect(problems([budget])).toHaveLength(1)
})

test('configured tiers are sorted, and absent cache prices follow the input price', () => {
  const { models } = pricesSchema.parse({
    models: {
      m: {
        input: 1,
        output: 2,
        webSearch: 10,
        rates: { priority: 1.5 },
        tiers: [
          { aboveTokens: 9, input: 3, output: 4 },
          { aboveTokens: 5, input: 2, output: 3 },
        ],
      },
    },
  })

  const prices = models.m && toModelPrices(models.m)

  expect(prices?.base.cacheWrite1hPicoUsd).toBe(1_000_000)
  expect(prices?.tiers.map((tier) => tier.aboveTokens)).toEqual([5, 9])
  expect(prices?.rates).toEqual(new Map([['priority', 1.5]]))
  expect(prices?.fees).toEqual({ webSearchPicoUsd: 10_000_000_000 })
})
