import { expect, test } from 'bun:test'
import { budgetReport } from '../../src/budget/budget-report.ts'
import { windowAt } from '../../src/budget/window.ts'
import { dailyUsd } from '../support/budgets.ts'

const WALL = Date.parse('2026-11-22T18:00:00Z')
const today = windowAt('day', WALL).index
const balance = (account: string, windowIndex: number, spent: number, held: number) =>
  ({ account, windowIndex, cap: 1, spent, held, leased: 7 }) as const

test('shows what is spent, reserved and left today, by the rule in force, the scarcest first', () => {
  const rules = [dailyUsd(1_000, { scope: 'key' }), dailyUsd(50, { scope: 'key', match: 'ci/a:b' }), dailyUsd(9)]
  const balances = [
    balance('key:k1/day/usd', today, 100, 50),
    balance('key:k1/day/usd', today - 1, 999, 0),
    balance('key:ci/a:b/day/usd', today, 60, 0),
    balance('user:gone/day/usd', today, 5, 5),
  ]

  const report = budgetReport(rules, balances, WALL)

  expect(
    report.map(({ scope, id, limit, spent, reserved, left }) => [scope, id, limit, spent, reserved, left]),
  ).toEqual([
    ['key', 'ci/a:b', 50, 60, 0, -10],
    ['key', 'k1', 1_000, 100, 50, 850],
    ['global', '*', 9, 0, 0, 9],
  ])
  expect(report[0]).toMatchObject({ unit: 'micro_usd', window: 'day', resetsWallMs: Date.parse('2026-11-23T00:00Z') })
})
