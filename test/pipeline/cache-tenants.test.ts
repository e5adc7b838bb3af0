import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openSingleFlight } from '../../src/cache/single-flight.ts'
import type { AnswerCache } from '../../src/pipeline/ports.ts'
import { sha256 } from '../../src/store/sha256.ts'
import { openSqliteResponseCache } from '../../src/store/sqlite-response-cache.ts'
import { HELLO, openProxy, post } from '../support/proxy.ts'

const KEYS = ['key-of-one-1234567890123', 'key-of-two-1234567890123']

/** Who asks: a lynkr key, and an account of the client's own or none. The last two try to pass for others. */
const TENANTS: readonly Readonly<Record<string, string>>[] = [
  { 'x-api-key': KEYS[0] ?? '' },
  { 'x-api-key': KEYS[1] ?? '' },
  { 'x-api-key': KEYS[0] ?? '', authorization: 'Bearer sk-of-ann' },
  { 'x-api-key': KEYS[1] ?? '', authorization: 'Bearer sk-of-ann' },
  { 'x-api-key': KEYS[0] ?? '', authorization: 'Bearer sk-of-bob' },
  { 'x-api-key': `${KEYS[0]}`, authorization: `Bearer ${sha256('Bearer sk-of-ann')}` },
  { authorization: `Bearer ${KEYS[0]}`, 'x-api-key': 'sk-of-ann' },
]

interface Ask {
  readonly tenant: number
  readonly question: number
  readonly stream: boolean
  /** Claims to be somebody in every field that a caller may fill in. */
  readonly claims: number
}

const asks: fc.Arbitrary<Ask> = fc.record({
  tenant: fc.nat(TENANTS.length - 1),
  question: fc.nat(1),
  stream: fc.boolean(),
  claims: fc.nat(TENANTS.length - 1),
})

test('whatever is asked together or after another, nobody gets an answer that was made for somebody else', async () => {
  const store = openSqliteResponseCache({ path: ':memory:', bytesMax: 1e7, ageMaxMs: 6e4, onFault: () => undefined })
  let hits = 0
  const cache: AnswerCache = {
    ...{ store, flights: openSingleFlight(), sha256, isShared: false, isOnFor: () => true },
    onLookup: (result) => {
      if (result === 'hit') hits++
    },
  }
  const proxy = await openProxy({ apiKeys: KEYS, provider: { credential: 'either' }, pipeline: { cache } })
  let round = 0

  async function askAs({ tenant, question, stream, claims }: Ask): Promise<{ tenant: number; answer: string }> {
    const body = {
      ...{ ...HELLO, stream, metadata: { user_id: `tenant ${claims}` } },
      messages: [{ role: 'user', content: `round ${round}, question ${question}` }],
    }
    const headers = { ...TENANTS[tenant], 'x-tenant': `${tenant}`, 'x-user': `${claims}` }
    const text = await (await post(proxy, body, { headers })).text()
    return { tenant, answer: /answer-\d+-of/.exec(text)?.[0] ?? text }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(asks, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), async (waves) => {
      round++
      proxy.clear()
      proxy.simulator.enqueue(...Array.from({ length: 40 }, (_, i) => ({ blocks: [{ text: `answer-${i}-of` }] })))
      const got = []
      for (const wave of waves) got.push(...(await Promise.all(wave.map(askAs))))
      const madeFor = new Map(
        proxy.simulator.requests().map(({ headers }, i) => [`answer-${i}-of`, Number(headers.get('x-tenant'))]),
      )

      for (const { tenant, answer } of got) expect(`${answer} ${madeFor.get(answer)}`).toBe(`${answer} ${tenant}`)
    }),
    { numRuns: 40 },
  )
  await proxy.stop()

  expect(hits).toBeGreaterThan(0)
}, 180_000)
