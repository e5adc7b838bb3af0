import { expect, test } from 'bun:test'
import { accountsOf, type BudgetRule } from '../../src/budget/rule.ts'

const rule = (over: Partial<BudgetRule>): BudgetRule => ({
  scope: 'key',
  match: '*',
  window: 'day',
  unit: 'usd',
  cap: 1_000,
  softRatio: 0.8,
  ...over,
})

test('a star gives every id a budget of its own, and an exact match replaces it', () => {
  const rules = [rule({}), rule({ match: 'k2', cap: 5 })]
  const caps = (key: string) =>
    accountsOf(rules, { key, user: null, team: null, model: 'm' }).map((account) => [account.name, account.rule.cap])

  expect(caps('k1')).toEqual([['key:k1/day/usd', 1_000]])
  expect(caps('k2')).toEqual([['key:k2/day/usd', 5]])
})

test('a request pays from every scope it belongs to, and from none that it does not', () => {
  const rules = [
    rule({ scope: 'global' }),
    rule({ scope: 'team', match: 't1' }),
    rule({ scope: 'team', match: 't2' }),
    rule({ scope: 'user' }),
    rule({ scope: 'model', match: 'm', window: 'hour' }),
  ]

  const accounts = accountsOf(rules, { key: 'k', user: null, team: 't1', model: 'm' })

  expect(accounts.map((account) => account.name)).toEqual(['global:*/day/usd', 'model:m/hour/usd', 'team:t1/day/usd'])
})

test('models that a pattern names share one budget; an exact name wins over it, and the longest pattern over others', () => {
  const rules = [
    rule({ scope: 'model', match: '*', cap: 1 }),
    rule({ scope: 'model', match: 'claude-*', cap: 2 }),
    rule({ scope: 'model', match: 'claude-sonnet-4-5*', cap: 3 }),
    rule({ scope: 'model', match: 'claude-sonnet-4-5-20250929', cap: 4 }),
  ]
  const accounts = (model: string, of: readonly BudgetRule[]) =>
    accountsOf(of, { key: null, user: null, team: null, model }).map(({ name, rule: { cap } }) => [name, cap])

  for (const order of [rules, rules.toReversed()]) {
    expect(accounts('gpt-5', order)).toEqual([['model:gpt-5/day/usd', 1]])
    expect(accounts('claude-opus-5', order)).toEqual([['model:claude-*/day/usd', 2]])
    expect(accounts('claude-sonnet-4-5', order)).toEqual([['model:claude-sonnet-4-5*/day/usd', 3]])
    expect(accounts('claude-sonnet-4-5-2026', order)).toEqual([['model:claude-sonnet-4-5*/day/usd', 3]])
    expect(accounts('claude-sonnet-4-5-20250929', order)).toEqual([['model:claude-sonnet-4-5-20250929/day/usd', 4]])
  }
})
