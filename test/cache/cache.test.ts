import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { cacheUse, mayKeep } from '../../src/cache/admission.ts'
import { type CacheKeyInput, cacheKeyText, canonicalJson } from '../../src/cache/cache-key.ts'
import { openMemoryCache } from '../../src/cache/memory-cache.ts'
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
    ['sharing', { scope: null }],
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

describe('the cache in memory', () => {
  const body = (size: number) => new Uint8Array(size)

  test('never holds more bytes than it may, and keeps what was used last', () => {
    const cache = openMemoryCache({ bytesMax: 3_000, ageMaxMs: 1_000 })

    for (const key of ['a', 'b']) cache.put(key, body(1_000), 0)
    cache.get('a', 1, null)
    cache.put('c', body(1_000), 2)
    cache.put('huge', body(3_000), 2)

    expect(['a', 'b', 'c', 'huge'].map((key) => cache.get(key, 3, null) !== null)).toEqual([true, false, true, false])
    expect(cache.bytes()).toBeLessThanOrEqual(3_000)
  })

  test('serves nothing at its greatest age, nor older than the client wants, nor from the future', () => {
    const cache = openMemoryCache({ bytesMax: 3_000, ageMaxMs: 1_000 })
    const ageAt = (wallMs: number, ageMaxMs: number | null) => {
      cache.put('a', body(1), 0)
      return cache.get('a', wallMs, ageMaxMs)?.ageMs ?? null
    }

    expect([ageAt(999, null), ageAt(1_000, null), ageAt(60, 60), ageAt(61, 60), ageAt(-1, null)]).toEqual([
      999,
      null,
      60,
      null,
      null,
    ])
  })

  test('counts bytes right over any history', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(900), fc.boolean())
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = openMemoryCache({ bytesMax: 2_000, ageMaxMs: 50 })
        steps.forEach(([key, size, isPut], i) => {
          if (isPut) cache.put(key, body(size), i)
          else cache.get(key, i, null)
        })
        for (const key of ['a', 'b', 'c', 'd']) cache.get(key, 1_000_000, null)
        expect(cache.bytes()).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
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

    expect(['follow' in second && (await second.follow), flight.inFlight()]).toEqual(['value', 0])
  })
})
