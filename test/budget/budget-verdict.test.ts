import { describe, expect, test } from 'bun:test'
import { budgetVerdict } from '../../src/budget/budget-verdict.ts'
import type { BudgetRule } from '../../src/budget/rule.ts'
import { windowAt } from '../../src/budget/window.ts'
import { dailyUsd, openTestGate, SUBJECT } from '../support/budgets.ts'
import { openMemoryLedger } from '../support/memory-ledger.ts'

const WALL_MS = Date.UTC(2026, 10, 29, 12)
/** 1,000 µ$ of input, and output at 1 µ$ a token. */
const asking = (outputTokens: number) => ({
  inputTokens: 1_000,
  inputMicroUsd: 1_000,
  outputTokens,
  outputPicoUsd: 1_000_000,
})

function verdictOf(rules: readonly BudgetRule[], outputTokens: number, spent = 0) {
  const balances = rules.map(({ scope, window, unit, cap }) => ({
    account: `${scope}:*/${window}/${unit}`,
    windowIndex: windowAt(window, WALL_MS).index,
    cap,
    spent,
    held: 0,
    leased: 0,
  }))
  return budgetVerdict(rules, balances, { subject: SUBJECT, estimate: asking(outputTokens), wallMs: WALL_MS })
}

describe('the verdict on a request', () => {
  test.each([
    ['no rule', [], 100, 0, 'no budget applies', 100],
    ['room to the last micro-dollar', [dailyUsd(2_000)], 1_000, 0, 'passes', 1_000],
    ['one micro-dollar short', [dailyUsd(1_999)], 1_000, 0, 'output is clamped', 999],
    ['less left than spent', [dailyUsd(5_000)], 1_000, 3_500, 'output is clamped', 500],
    ['too little left for an answer', [dailyUsd(1_255)], 1_000, 0, 'refused', null],
    ['just enough left for an answer', [dailyUsd(1_256)], 1_000, 0, 'output is clamped', 256],
    ['too little for the prompt', [dailyUsd(999)], 1_000, 0, 'refused', null],
    ['a cap of nothing', [dailyUsd(0)], 0, 0, 'refused', null],
    ['one of two short', [dailyUsd(9_999), dailyUsd(1_500, { window: 'month' })], 1_000, 0, 'output is clamped', 500],
  ] as const)('%s', (_, rules, output, spent, verdict, outputTokens) => {
    expect(verdictOf(rules, output, spent)).toMatchObject({ verdict, outputTokens })
  })

  test('takes no balance of another window', () => {
    const rule = dailyUsd(2_000)
    const yesterday = { account: 'global:*/day/usd', windowIndex: windowAt('day', WALL_MS).index - 1, cap: 2_000 }
    const balances = [{ ...yesterday, spent: 2_000, held: 0, leased: 0 }]

    const { verdict } = budgetVerdict([rule], balances, { subject: SUBJECT, estimate: asking(1_000), wallMs: WALL_MS })

    expect(verdict).toBe('passes')
  })
})

test.each([1_999, 2_000, 1_256, 1_255, 999, 0])('the gate decides the same with a cap of %d', async (cap) => {
  const rules = [dailyUsd(cap)]
  const gate = openTestGate({ rules, store: openMemoryLedger().store })

  const said = budgetVerdict(rules, [], { subject: SUBJECT, estimate: asking(1_000), wallMs: Date.now() })
  const hold = await gate.reserve(SUBJECT, asking(1_000)).catch(() => null)

  expect(hold?.outputTokens ?? null).toBe(said.outputTokens)
})
