import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { affordableTokens, estimatedAmounts, inputTokensMax, microUsd, worstCase } from '../../src/budget/estimate.ts'
import { billMicroUsd, flatPrices } from '../../src/budget/prices.ts'

const usd = fc.double({ min: 0, max: 200, noNaN: true })
const flat = fc
  .record({ input: usd, output: usd, cacheRead: usd, cacheWrite: usd, cacheWrite1h: usd })
  .map((prices) => flatPrices(prices))
const model = fc
  .record({ base: flat, tiers: fc.array(fc.record({ aboveTokens: fc.nat(300_000), prices: flat }), { maxLength: 3 }) })
  .map(({ base, tiers }) => ({ base, tiers: tiers.toSorted((a, b) => a.aboveTokens - b.aboveTokens) }))

test('no answer within its limits costs more than the worst case, whatever is cached and whatever tier it reaches', () => {
  const parts = fc.array(fc.nat(200_000), { minLength: 5, maxLength: 5 })

  fc.assert(
    fc.property(model, parts, (prices, [input = 0, read = 0, write = 0, hour = 0, output = 0]) => {
      const usage = {
        inputTokens: input,
        cacheReadTokens: read,
        cacheWriteTokens: write,
        cacheWrite1hTokens: Math.min(hour, write),
        outputTokens: output,
        reasoningTokens: 0,
      }

      const most = estimatedAmounts(worstCase(input + read + write, output, prices))

      // Input and output are each rounded up, so the bound may exceed an exact bill by one micro-dollar, never miss it.
      expect(billMicroUsd(usage, prices)).toBeLessThanOrEqual(most.microUsd)
    }),
    { numRuns: 200 },
  )
})

test('what is affordable fits, and one token more does not', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.integer({ min: 1, max: 200_000_000 }), (free, price) => {
      const tokens = affordableTokens(free, price)

      expect(microUsd(tokens, price)).toBeLessThanOrEqual(free)
      expect(microUsd(tokens + 1, price)).toBeGreaterThan(free)
    }),
    { numRuns: 200 },
  )
})

test('the input bound grows with bytes and with every medium', () => {
  expect(inputTokensMax(1_000, 0)).toBeGreaterThan(1_000)
  expect(inputTokensMax(1_000, 2) - inputTokensMax(1_000, 1)).toBe(inputTokensMax(0, 1) - inputTokensMax(0, 0))
})
