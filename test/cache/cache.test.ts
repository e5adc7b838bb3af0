import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { cacheUse, mayKeep } from '../../src/cache/admission.ts'
import { type CacheKeyInput, cacheKeyText, canonicalJson } from '../../src/cache/cache-key.ts'
import { openSingleFlight } from '../../src/cache/single-flight.ts'

const input = (over: Partial<CacheKeyInput> = {}): CacheKeyInput => ({
  ...{ surface: 'messages', provider: 'anthropic', model: 'm', headers: [], scope: 'key_1' },
  json: { model: 'm', messages: [{ role: 'user', content: 'hi' }], temperature: 0 },
  ...over,
})

describe('the key of an answer', () => {
  test('is the same whatever the order of members, and for stream and whole', () => {
    const other = { stream: true, temperature: 0, messages: [{ content: 'hi', role: 'user' }], model: 'm' }

    expect(cacheKeyText(input({ json: other }))).toBe(cacheKeyText(input()))
  })

  test.each<[string, Partial<CacheKeyInput>]>([
    ['caller', { scope: 'key_2' }],
    ['model', { model: 'n' }],
    ['provider', { provider: 'openai' }],
    ['surface', { surface: 'chat' }],
    ['header', { headers: [['anthropic-beta', 'x']] }],
    ['temperature', { json: { ...input().json, temperature: 1 } }],
    ['field named __proto__', { json: JSON.parse('{"model":"m","__proto__":{"a":1}}') }],
    ['unknown field', { json: { ...input().json, zz: null } }],
  ])('differs by %s', (_, over) => {
    expect(cacheKeyText(input(over))).not.toBe(cacheKeyText(input()))
  })

  test('two bodies have one text only if they are the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isSame = Bun.deepEquals(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)))
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isSame)
      }),
      { numRuns: 200 },
    )
  })
})

test.each([
  [false, null, null, [false, false]],
  [false, 'on', null, [true, true]],
  [true, null, null, [true, true]],
  [true, 'off', null, [false, false]],
  [true, 'refresh', null, [false, true]],
  [true, null, 'no-store', [false, false]],
  [true, 'on', 'private, no-store', [false, false]],
  [true, null, 'no-cache', [false, true]],
  [true, null, 'max-age=0', [false, true]],
  [true, null, 'max-age=60', [true, true]],
])(
  'enabled %p, x-lynkr-cache %p, cache-control %p: read and store are %p',
  (isEnabled, lynkrHeader, cacheControl, use) => {
    const { mayRead, mayStore } = cacheUse({ isEnabled, lynkrHeader, cacheControl })

    expect([mayRead, mayStore]).toEqual(use as [boolean, boolean])
  },
)

test('errors, truncated and oversized answers are never kept', () => {
  const whole = { status: 200, reason: { kind: 'end_turn' }, bytes: 10 } as const

  expect(mayKeep(whole, 10)).toBe(true)
  expect(mayKeep({ ...whole, bytes: 11 }, 10)).toBe(false)
  expect(mayKeep({ ...whole, status: 500 }, 10)).toBe(false)
  expect(mayKeep({ ...whole, reason: { kind: 'max_tokens' } }, 10)).toBe(false)
})

describe('identical requests in flight', () => {
  test('share one call, and a failure is shared with nobody', async () => {
    const flight = openSingleFlight<string>()
    const first = flight.join('k')
    const second = flight.join('k')
    if (!('lead' in first) || !('follow' in second)) throw new Error('the first must lead and the second follow')

    first.lead.end(null)
    const third = flight.join('k')

    expect(await second.follow).toBeNull()
    expect('lead' in third).toBe(true)
  })

  test('leave nothing behind', async () => {
    const flight = openSingleFlight<string>()
    const first = flight.join('k')
    const second = flight.join('k')
    if ('lead' in first) first.lead.end('value')

    expect('follow' in second && (await second.follow)).toBe('value')
    expect(flight.join('k')).toHaveProperty('lead')
  })
})
