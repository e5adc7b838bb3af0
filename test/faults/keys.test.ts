import { describe, expect, test } from 'bun:test'
import { Secret } from '../../src/core/secret.ts'
import type { Provider } from '../../src/core/target.ts'
import { PROTECTION } from '../../src/pipeline/protections.ts'
import { admit, settlePermit } from '../../src/resilience/breaker.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { CHAT_PROVIDER, HELLO, providerAt } from '../support/proxy.ts'
import { openRig } from './rig.ts'

describe('several keys', () => {
  const keys = [new Secret('first-key'), new Secret('second-key')]
  const keysSeen = (rig: Awaited<ReturnType<typeof openRig>>) =>
    rig.proxy.simulator.requests().map(({ headers }) => headers.get('x-api-key'))

  test.each([401, 402, 403])(
    'a key that gets %d is left for the next, and avoided by later requests',
    async (status) => {
      const rig = await openRig({ provider: { keys } })
      rig.proxy.simulator.enqueue({ status })

      const answers = [await rig.ask(false), await rig.ask(false)]

      expect(answers.map((answer) => answer.status)).toEqual([200, 200])
      expect(keysSeen(rig)).toEqual(['first-key', 'second-key', 'second-key'])
      await rig.proxy.stop()
    },
  )

  test('a key that gets 429 rests until its Retry-After is over; the other goes on', async () => {
    const rig = await openRig({ provider: { keys } })
    rig.proxy.simulator.enqueue({ status: 429, headers: { 'retry-after': '60' } })

    const answers = [await rig.ask(false), await rig.ask(false)]

    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
    expect(keysSeen(rig)).toEqual(['first-key', 'second-key', 'second-key'])
    await rig.proxy.stop()
  })

  test('a refused key does not speak for one that only rests: the client hears 429, and to come back', async () => {
    const rig = await openRig({ provider: { keys } })
    rig.proxy.simulator.enqueue({ status: 429, headers: { 'retry-after': '3600' } })
    rig.proxy.simulator.setDefault({ status: 401 })

    const answers = [await rig.ask(false), await rig.ask(false)]

    expect(answers.map(({ status }) => status)).toEqual([429, 429])
    expect(answers.map(({ headers }) => headers.get('x-should-retry'))).toEqual([null, null])
    expect(answers.every(({ headers }) => Number(headers.get('retry-after')) > 3_000)).toBeTrue()
    await rig.proxy.stop()
  })

  test('nor does the next target’s: the 429 is told in the client’s dialect, whoever spoke last', async () => {
    const other = await startSimulator()
    other.setDefault({ status: 429, headers: { 'retry-after': '3600' } })
    const rests = { ...providerAt(other.url), ...CHAT_PROVIDER }
    const refuses = { ...providerAt(other.url), id: 'refuses' }
    const targets = [rests, refuses].map((provider) => ({ provider, model: HELLO.model }))
    const rig = await openRig({ routes: { providers: [rests, refuses], routes: { [HELLO.model]: targets } } })
    other.enqueue({ status: 429, headers: { 'retry-after': '3600' } }, { status: 401 })

    const { status, text, headers, record } = await rig.ask(false)

    expect(record.attemptList.map((attempt) => attempt.status)).toEqual([429, 401])
    expect([status, JSON.parse(text)]).toMatchObject([429, { type: 'error', error: { type: 'rate_limit_error' } }])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_000)
    await rig.proxy.stop()
    await other.stop()
  })

  const routesOver = (...providers: Provider[]) => ({
    providers,
    routes: { [HELLO.model]: providers.map((provider) => ({ provider, model: HELLO.model })) },
  })

  test('a rest is waited for, although the next target would want a credential that the client has not', async () => {
    const other = await startSimulator()
    const rests = providerAt(other.url)
    const rig = await openRig({ routes: routesOver(rests, { ...rests, id: 'own', credential: 'client' }) })
    other.enqueue({ status: 429, headers: { 'retry-after-ms': '50' } })

    const { status, record } = await rig.ask(false)

    expect([status, record.attemptList.map((attempt) => attempt.status)]).toEqual([200, [429, 200]])
    await rig.proxy.stop()
    await other.stop()
  })

  test('while a target rests, nobody is sent to log in for the sake of the next, which wants a credential', async () => {
    const other = await startSimulator()
    const rests = providerAt(other.url)
    const rig = await openRig({ routes: routesOver({ ...rests, id: 'own', credential: 'client' }, rests) })
    other.setDefault({ status: 429, headers: { 'retry-after': '3600' } })

    const answers = [await rig.ask(false), await rig.ask(false)]

    expect(answers.map(({ status }) => status)).toEqual([429, 429])
    expect(answers.every(({ headers }) => Number(headers.get('retry-after')) > 3_000)).toBeTrue()
    await rig.proxy.stop()
    await other.stop()
  })

  test('a rest is waited for, although the breaker of the next target might let somebody through sooner', async () => {
    const other = await startSimulator()
    const rests = providerAt(other.url)
    const breaker = { ...PROTECTION.breaker, failureThreshold: 1, probes: 1 }
    const rig = await openRig({
      protection: { ...PROTECTION, breaker },
      routes: routesOver(rests, { ...rests, id: 'probed' }),
    })
    const probed = rig.protections.breakers.get('probed', HELLO.model, 0)
    settlePermit(probed, 0, 'failure', 0)
    admit(probed, breaker.openMs)
    other.enqueue({ status: 429, headers: { 'retry-after-ms': '1100' } })

    const { status, record } = await rig.ask(false)

    expect([status, record.attemptList.map((attempt) => attempt.status)]).toEqual([200, [429, 200]])
    await rig.proxy.stop()
    await other.stop()
  })

  test('a key that rests for a moment is waited for where the others are refused', async () => {
    const rig = await openRig({ provider: { keys } })
    rig.proxy.simulator.enqueue({ status: 429, headers: { 'retry-after-ms': '50' } }, { status: 401 })

    const { status } = await rig.ask(false)

    expect(status).toBe(200)
    expect(keysSeen(rig)).toEqual(['first-key', 'second-key', 'first-key'])
    await rig.proxy.stop()
  })

  test('while every key rests, the answer is 429 with the soonest end, and nothing is sent', async () => {
    const rig = await openRig()
    rig.proxy.simulator.enqueue({ status: 429, headers: { 'retry-after': '3600' } })

    await rig.ask(false)
    const second = await rig.ask(false)

    expect([second.status, second.record.attempts]).toEqual([429, 0])
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(3_000)
    await rig.proxy.stop()
  })
})

test.each([
  ['no Retry-After', {}],
  ['one in the past', { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }],
  ['one of no time', { 'retry-after': '0' }],
])(
  'a 429 with %s is waited out by each retry, so that three attempts are three and cost two tokens',
  async (_, headers) => {
    const rig = await openRig()
    const target = { provider: providerAt(rig.proxy.simulator.url), model: HELLO.model }
    rig.proxy.simulator.enqueue({ status: 429, headers }, { status: 429, headers })

    const { status, record } = await rig.ask(false)

    const { tokens } = rig.protections.stateOf(target, 0).retryBudget
    expect([status, record.attempts]).toEqual([200, 3])
    expect(tokens).toBeGreaterThan(8)
    await rig.proxy.stop()
  },
)
