import { describe, expect, test } from 'bun:test'
import { Secret } from '../../src/core/secret.ts'
import type { Provider } from '../../src/core/target.ts'
import { credentialsOf } from '../../src/pipeline/credentials.ts'
import { forgetMoved } from '../../src/pipeline/forget-moved.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import { admit, BREAKER, settlePermit, stateAt } from '../../src/resilience/breaker.ts'
import { openCapabilityMap } from '../../src/routing/capability-map.ts'
import { openDiscovered } from '../../src/routing/discovered.ts'
import { openFormChooser } from '../../src/routing/forms.ts'
import { openLiveRouter } from '../../src/routing/live-router.ts'
import { HELLO, openProxy, post, providerAt } from '../support/proxy.ts'

const OLD = 'https://old.example'
const NEW = 'https://new.example'

/** A provider with a Chat form beside its own, and two of its models. */
function providerWith(id: string, baseUrl: string, formUrl = baseUrl): Provider {
  const plain = { ...providerAt(baseUrl), id }
  const form = { ...plain, baseUrl: formUrl, dialect: 'openai-chat', form: 'chat' } as const
  return { ...plain, forms: [{ provider: form, models: '*' }] }
}

/** Everything that can be learnt of a provider, learnt of these. */
function memoryOf(...providers: readonly Provider[]) {
  const protections = openProtections()
  const memory = {
    capabilities: openCapabilityMap(),
    forms: openFormChooser(),
    discovered: openDiscovered(),
    protections,
  }
  for (const provider of providers) {
    const target = { provider, model: 'm' }
    memory.capabilities.learn(target, ['store'], 0)
    memory.forms.missing(memory.forms.speaking([target], 'openai-chat', 0)[0] ?? target, 0)
    memory.discovered.learn(provider.id, [{ id: 'm', displayName: null, createdS: null }])
    const breaker = protections.breakers.get(provider.id, 'm', 0)
    for (let i = 0; i < BREAKER.failureThreshold; i++) settlePermit(breaker, admit(breaker, 0), 'failure', 0)
  }
  const known = (provider: Provider) => {
    const target = { provider, model: 'm' }
    return {
      strips: memory.capabilities.stripsOf(target, 1),
      speaks: memory.forms.speaking([target], 'openai-chat', 1)[0]?.provider.dialect,
      models: memory.discovered.modelsOf(provider.id)?.size,
      breaker: stateAt(protections.breakers.get(provider.id, 'm', 1), 1),
    }
  }
  return { memory, known }
}

const NOTHING = { strips: [], speaks: 'openai-chat', models: undefined, breaker: 'closed' } as const
const ALL = { strips: ['store'], speaks: 'anthropic', models: 1, breaker: 'open' } as const

test.each<[string, Provider[]]>([
  ['at another address', [providerWith('a', NEW)]],
  ['with a form at another address', [providerWith('a', OLD, NEW)]],
  ['in another dialect', [{ ...providerWith('a', OLD), dialect: 'openai-responses' }]],
  ['not at all', []],
])('what was learnt of a provider is forgotten once the configuration has it %s', (_, after) => {
  const before = [providerWith('a', OLD), providerWith('a-b', OLD)]
  const { memory, known } = memoryOf(...before)

  forgetMoved(memory, before, [...after, providerWith('a-b', OLD)])

  expect(known(providerWith('a', OLD))).toEqual(NOTHING)
  expect(known(providerWith('a-b', OLD))).toEqual(ALL)
})

test('what was learnt of a provider stays where nothing but its keys has changed', () => {
  const before = [providerWith('a', OLD)]
  const { memory, known } = memoryOf(...before)

  forgetMoved(memory, before, [{ ...providerWith('a', OLD), keys: [] }])

  expect(known(providerWith('a', OLD))).toEqual(ALL)
})

test('keys do not rest at another address for what they did at the one before', () => {
  const before = [providerWith('a', OLD)]
  const [credential = ''] = before.flatMap(credentialsOf)
  const { memory } = memoryOf()
  memory.protections.cooldowns.cool(credential, 'm', 60_000, 0)
  memory.protections.cooldowns.mark(credential, 0)

  forgetMoved(memory, before, [providerWith('a', NEW)])

  const { cooldowns } = memory.protections
  expect([cooldowns.coolForMs(credential, 'm', 0), cooldowns.markedForMs(credential, 0)]).toEqual([0, 0])
})

describe('after keys were changed', () => {
  const [first, second, fresh] = ['first-key', 'second-key', 'fresh-key'].map((key) => new Secret(key))

  /** Lets the key that is asked first rest for an hour, changing the keys while it is asked, or later; then asks again. */
  async function keysAsked(before: (Secret | undefined)[], after: (Secret | undefined)[], isUnderWay: boolean) {
    const discovered = openDiscovered()
    const provider = providerAt('http://127.0.0.1:9')
    const router = openLiveRouter({ providers: [], defaultProvider: provider, aliases: {}, routes: {} }, discovered)
    const capabilities = openCapabilityMap()
    const protections = openProtections()
    const forms = openFormChooser()
    const pipeline = { router, capabilities, protections, forms, random: () => 0 }
    const proxy = await openProxy({ pipeline })
    const use = (keys: (Secret | undefined)[]): void => {
      const now = { ...providerAt(proxy.simulator.url), keys: keys.filter((key) => key !== undefined) }
      forgetMoved({ ...pipeline, discovered }, router.providers, [now])
      router.replace({ providers: [now], defaultProvider: now, aliases: {}, routes: {} })
    }
    use(before)
    proxy.simulator.enqueue({ status: 429, headers: { 'retry-after': '3600' }, firstDelayMs: 100 })
    const resting = post(proxy, HELLO)
    await proxy.simulator.waitForRequest(() => true)
    if (!isUnderWay) await resting
    use(after)
    await resting
    await post(proxy, HELLO)
    await proxy.stop()
    return proxy.simulator.requests().map(({ headers }) => headers.get('x-api-key'))
  }

  test('one that rests does so on', async () => {
    expect(await keysAsked([first], [first, second], false)).toEqual(['first-key', 'second-key'])
    expect(await keysAsked([first], [first], false)).toEqual(['first-key'])
  })

  test.each([false, true])(
    'one that took the place of another does not rest for it, which was under way: %p',
    async (isIt) => {
      expect(await keysAsked([first], [fresh], isIt)).toEqual(['first-key', 'fresh-key'])
    },
  )
})
