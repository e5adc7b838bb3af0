import { describe, expect, test } from 'bun:test'
import { COOLDOWN_MS_MAX } from '../../src/core/limits.ts'
import { type Cooldowns, openCooldowns } from '../../src/resilience/cooldown.ts'
import { selectKey } from '../../src/resilience/select-key.ts'

const KEYS = ['k0', 'k1', 'k2']

function choose(cooldowns: Cooldowns, credentials: readonly string[], start = 0, nowMs = 0): string | number {
  const choice = selectKey(cooldowns, { credentials, model: 'm', start, nowMs })
  return choice.type === 'key' ? choice.credential : choice.retryAfterMs
}

describe('a cooldown', () => {
  test('holds for its credential and model until Retry-After, and for nothing else', () => {
    const cooldowns = openCooldowns(10)

    cooldowns.cool('k0', 'm', 5_000, 1_000)

    expect([1_000, 5_999, 6_000].map((nowMs) => cooldowns.coolForMs('k0', 'm', nowMs))).toEqual([5_000, 1, 0])
    expect([cooldowns.coolForMs('k0', 'other', 1_000), cooldowns.coolForMs('k1', 'm', 1_000)]).toEqual([0, 0])
  })

  test.each([
    [5_000, 1_000, 5_000],
    [1_000, 5_000, 5_000],
    [5_000, 0, 5_000],
  ])('of %i ms followed by one of %i ms lasts %i ms', (firstMs, secondMs, expected) => {
    const cooldowns = openCooldowns(10)

    cooldowns.cool('k0', 'm', firstMs, 0)
    cooldowns.cool('k0', 'm', secondMs, 0)

    expect(cooldowns.coolForMs('k0', 'm', 0)).toBe(expected)
  })

  test.each([
    [0, 1_000],
    [-1, 1_000],
    [Number.NaN, 1_000],
    [Number.NEGATIVE_INFINITY, 1_000],
    [COOLDOWN_MS_MAX, COOLDOWN_MS_MAX],
    [COOLDOWN_MS_MAX + 1, COOLDOWN_MS_MAX],
    [1e12, COOLDOWN_MS_MAX],
    [Number.POSITIVE_INFINITY, COOLDOWN_MS_MAX],
  ])('for a Retry-After of %p ms lasts %i ms', (retryAfterMs, expected) => {
    const cooldowns = openCooldowns(10)

    cooldowns.cool('k0', 'm', retryAfterMs, 0)

    expect(cooldowns.coolForMs('k0', 'm', 0)).toBe(expected)
  })

  test('at the bound what is over makes place first, then what ends soonest', () => {
    const cooldowns = openCooldowns(3)
    const left = (): number[] => ['a', 'b', 'c', 'd', 'e'].map((model) => cooldowns.coolForMs('k', model, 1_500))
    for (const [model, ms] of [
      ['a', 1_000],
      ['b', 9_000],
      ['c', 8_000],
    ] as const)
      cooldowns.cool('k', model, ms, 0)

    cooldowns.cool('k', 'd', 7_000, 1_500)
    const afterExpired = left()
    cooldowns.cool('k', 'e', 9_000, 1_500)

    expect(afterExpired).toEqual([0, 7_500, 6_500, 7_000, 0])
    expect(left()).toEqual([0, 7_500, 0, 7_000, 9_000])
  })
})

describe('key selection', () => {
  test('rotates from where it starts, so that a session stays on its key', () => {
    const cooldowns = openCooldowns(10)

    expect([0, 1, 2, 3, 4].map((start) => choose(cooldowns, KEYS, start))).toEqual(['k0', 'k1', 'k2', 'k0', 'k1'])
  })

  test('passes over keys that cool or are marked', () => {
    const cooldowns = openCooldowns(10)
    cooldowns.cool('k0', 'm', 5_000, 0)
    cooldowns.mark('k1', 0)

    expect([0, 1, 2].map((start) => choose(cooldowns, KEYS, start))).toEqual(['k2', 'k2', 'k2'])
  })

  test('a mark ends after a minute', () => {
    const cooldowns = openCooldowns(10)
    cooldowns.mark('k0', 0)

    expect([59_999, 60_000].map((nowMs) => choose(cooldowns, KEYS, 0, nowMs))).toEqual(['k1', 'k0'])
  })

  test('the last credential left is always tried, and of several marked ones the first to come back', () => {
    const cooldowns = openCooldowns(10)
    cooldowns.mark('k1', 0)
    cooldowns.mark('k0', 5)
    cooldowns.mark('k2', 5)

    expect(choose(cooldowns, ['k0'], 0, 10)).toBe('k0')
    expect(choose(cooldowns, KEYS, 0, 10)).toBe('k1')
    expect([0, 1].map((start) => choose(cooldowns, ['k0', 'k2'], start, 10))).toEqual(['k0', 'k2'])
  })

  test('a marked key is tried rather than none while the others cool', () => {
    const cooldowns = openCooldowns(10)
    cooldowns.cool('k0', 'm', 5_000, 0)
    cooldowns.mark('k1', 0)

    expect(choose(cooldowns, ['k0', 'k1'])).toBe('k1')
  })

  test('when all cool, it says when the first is back', () => {
    const cooldowns = openCooldowns(10)
    for (const [i, credential] of KEYS.entries()) cooldowns.cool(credential, 'm', 9_000 - i * 1_000, 0)

    expect(choose(cooldowns, KEYS)).toBe(7_000)
  })
})
