import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { TOKENS_MAX } from '../../src/core/limits.ts'
import { costMicroUsd, type TokenPrices } from '../../src/core/money.ts'
import { NO_USAGE, promptTokens, tokenCount } from '../../src/core/usage.ts'
import { anyUsage, RUNS } from '../arbitraries.ts'

const price = fc.nat(1_000_000_000)
const prices: fc.Arbitrary<TokenPrices> = fc.record({
  inputPicoUsd: price,
  cacheReadPicoUsd: price,
  cacheWritePicoUsd: price,
  cacheWrite1hPicoUsd: price,
  outputPicoUsd: price,
})

describe('the cost of a response', () => {
  test('is the exact dot product, rounded up once', () => {
    fc.assert(
      fc.property(anyUsage, prices, (usage, each) => {
        const pico =
          BigInt(usage.inputTokens) * BigInt(each.inputPicoUsd) +
          BigInt(usage.cacheReadTokens) * BigInt(each.cacheReadPicoUsd) +
          BigInt(usage.cacheWriteTokens - usage.cacheWrite1hTokens) * BigInt(each.cacheWritePicoUsd) +
          BigInt(usage.cacheWrite1hTokens) * BigInt(each.cacheWrite1hPicoUsd) +
          BigInt(usage.outputTokens) * BigInt(each.outputPicoUsd)

        const exact = pico / 1_000_000n + (pico % 1_000_000n === 0n ? 0n : 1n)

        expect(BigInt(costMicroUsd(usage, each))).toBe(exact)
      }),
      RUNS,
    )
  })

  test('rounds up a part of a micro-dollar, and nothing is free of rounding errors but nothing', () => {
    const each = {
      inputPicoUsd: 1,
      cacheReadPicoUsd: 0,
      cacheWritePicoUsd: 0,
      cacheWrite1hPicoUsd: 0,
      outputPicoUsd: 0,
    }

    expect(costMicroUsd({ ...NO_USAGE, inputTokens: 1 }, each)).toBe(1)
    expect(costMicroUsd({ ...NO_USAGE, inputTokens: 1_000_000 }, each)).toBe(1)
    expect(costMicroUsd({ ...NO_USAGE, inputTokens: 1_000_001 }, each)).toBe(2)
    expect(costMicroUsd(NO_USAGE, each)).toBe(0)
  })
})

describe('usage', () => {
  test('of a prompt is all that was seen of it', () => {
    fc.assert(
      fc.property(anyUsage, (usage) => {
        expect(promptTokens(usage)).toBe(usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens)
      }),
      RUNS,
    )
  })

  const counts: [wire: unknown, count: number][] = [
    [0, 0],
    [7, 7],
    [7.9, 7],
    [-1, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    [1e300, 0],
    [TOKENS_MAX, TOKENS_MAX],
    [TOKENS_MAX + 1, 0],
    [null, 0],
    [undefined, 0],
    ['7', 0],
    [[7], 0],
  ]
  test('never costs so much that a ledger could not add a thousand of it up', () => {
    const dearest = { ...NO_USAGE, inputTokens: TOKENS_MAX, outputTokens: TOKENS_MAX }
    const usd600 = {
      inputPicoUsd: 6e8,
      outputPicoUsd: 6e8,
      cacheReadPicoUsd: 0,
      cacheWritePicoUsd: 0,
      cacheWrite1hPicoUsd: 0,
    }

    expect(Number.isSafeInteger(1_000 * costMicroUsd(dearest, usd600))).toBe(true)
  })

  test('reads a count off the wire, or 0', () => {
    expect(counts.map(([wire]) => tokenCount(wire))).toEqual(counts.map(([, count]) => count))
  })
})
