import { expect, test } from 'bun:test'
import { CAPABILITIES_MAX, CAPABILITY_LESSONS_MAX } from '../../src/core/limits.ts'
import { CAPABILITY_TTL_MS, openCapabilityMap } from '../../src/routing/capability-map.ts'
import { providerAt } from '../support/proxy.ts'

const provider = providerAt('https://x.example')
const at = (model: string) => ({ provider, model })

test('what was learnt of a model holds for it alone, adds up, and ends after a day', () => {
  const map = openCapabilityMap()

  map.learn(at('a'), ['store'], 0)
  map.learn(at('a'), ['user', 'store'], 1)

  expect(map.stripsOf(at('a'), 2)).toEqual(['store', 'user'])
  expect(map.stripsOf(at('b'), 2)).toEqual([])
  expect(map.stripsOf(at('a'), CAPABILITY_TTL_MS)).toEqual(['store', 'user'])
  expect(map.stripsOf(at('a'), CAPABILITY_TTL_MS + 1)).toEqual([])
  expect(map.list(CAPABILITY_TTL_MS + 1)).toEqual([])
})

test('what is configured comes first and stays', () => {
  const map = openCapabilityMap()
  const configured = { provider: { ...provider, quirks: { strips: ['speed', 'store'] } }, model: 'a' }

  map.learn(configured, ['store', 'user'], 0)

  expect(map.stripsOf(configured, 1)).toEqual(['speed', 'store', 'user'])
  expect(map.clear()).toBe(1)
  expect(map.stripsOf(configured, 1)).toEqual(['speed', 'store'])
})

test('of one target so many lessons are kept, the latest', () => {
  const map = openCapabilityMap()

  for (let i = 0; i <= CAPABILITY_LESSONS_MAX; i++) map.learn(at('a'), [`speed@fast-mode-${i}`], i)

  const kept = map.stripsOf(at('a'), CAPABILITY_LESSONS_MAX)
  expect(kept).toHaveLength(CAPABILITY_LESSONS_MAX)
  expect([kept[0], kept.at(-1)]).toEqual(['speed@fast-mode-1', `speed@fast-mode-${CAPABILITY_LESSONS_MAX}`])
})

test('the oldest is forgotten at the bound', () => {
  const map = openCapabilityMap()

  for (let i = 0; i <= CAPABILITIES_MAX; i++) map.learn(at(`m${i}`), ['store'], i)

  expect(map.list(CAPABILITIES_MAX)).toHaveLength(CAPABILITIES_MAX)
  expect(map.stripsOf(at('m0'), CAPABILITIES_MAX)).toEqual([])
  expect(map.stripsOf(at(`m${CAPABILITIES_MAX}`), CAPABILITIES_MAX)).toEqual(['store'])
})
