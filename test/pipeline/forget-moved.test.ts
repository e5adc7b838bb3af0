import { expect, test } from 'bun:test'
import { Secret } from '../../src/core/secret.ts'
import type { Provider } from '../../src/core/target.ts'
import { forgetMoved } from '../../src/pipeline/forget-moved.ts'
import { openProtections } from '../../src/pipeline/protections.ts'
import { admit, BREAKER, settlePermit, stateAt } from '../../src/resilience/breaker.ts'
import { openCapabilityMap } from '../../src/routing/capability-map.ts'
import { openDiscovered } from '../../src/routing/discovered.ts'
import { openFormChooser } from '../../src/routing/forms.ts'
import { providerAt } from '../support/proxy.ts'

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

test('a key rests on, and one that takes its place does not', () => {
  const withKeys = (...keys: string[]) => [{ ...providerWith('a', OLD), keys: keys.map((key) => new Secret(key)) }]
  const { memory } = memoryOf()
  const { cooldowns } = memory.protections
  for (const name of ['a#0', 'a#1', 'a#10']) {
    cooldowns.cool(name, 'm', 60_000, 0)
    cooldowns.mark(name, 0)
  }

  forgetMoved(memory, withKeys('one', 'two'), withKeys('one', 'new'))

  const rests = ['a#0', 'a#1', 'a#10'].map((name) => [
    cooldowns.coolForMs(name, 'm', 0),
    cooldowns.markedForMs(name, 0),
  ])
  expect(rests).toEqual([
    [60_000, 60_000],
    [0, 0],
    [60_000, 60_000],
  ])
})

test('keys do not rest at another address for what they did at the one before', () => {
  const before = [providerWith('a', OLD)]
  const { memory } = memoryOf()
  memory.protections.cooldowns.cool('a#0', 'm', 60_000, 0)

  forgetMoved(memory, before, [providerWith('a', NEW)])

  expect(memory.protections.cooldowns.coolForMs('a#0', 'm', 0)).toBe(0)
})
