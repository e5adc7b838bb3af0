import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseExact } from '../../src/core/exact-json.ts'
import { type JsonChange, jsonChanges } from '../../src/core/json-changes.ts'

/** Keys without dots, so that a path says where it leads. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,2}$/), tie('value'), { maxKeys: 4 }),
  ),
})).value

/** Undoes what `jsonChanges` tells. Deletions go last to first, so that items keep their places. */
function apply(from: unknown, changes: readonly JsonChange[]): unknown {
  const root: { it: unknown } = { it: structuredClone(from) }
  const ordered = [
    ...changes.filter(({ change }) => change !== 'removed'),
    ...changes.filter(({ change }) => change === 'removed').toReversed(),
  ]
  for (const change of ordered) {
    const steps = change.path === '' ? ['it'] : ['it', ...change.path.split('.')]
    const last = steps.pop() ?? ''
    const parent = steps.reduce<unknown>((at, step) => Reflect.get(Object(at), step), root)
    if (change.change !== 'removed') Reflect.set(Object(parent), last, change.to)
    else if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else Reflect.deleteProperty(Object(parent), last)
  }
  return root.it
}

test('the changes, applied, make the other document', () => {
  fc.assert(
    fc.property(json, json, (from, to) => {
      expect(apply(from, jsonChanges(from, to, 10_000))).toEqual(to)
    }),
  )
})

test('a document differs from itself in nothing', () => {
  fc.assert(fc.property(json, (from) => expect(jsonChanges(from, structuredClone(from), 10)).toEqual([])))
})

test('no more changes are told than asked for', () => {
  const from = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]))

  expect(jsonChanges(from, {}, 7)).toHaveLength(7)
})

test('a number of many digits is one, wherever it was read, and not a document of its own', () => {
  const [one, other] = ['{"id":12345678901234567890}', '{"id":12345678901234567891}']

  expect(jsonChanges(parseExact(one), parseExact(one), 10)).toEqual([])
  expect(JSON.stringify(jsonChanges(parseExact(one), parseExact(other), 10))).toBe(
    '[{"change":"changed","path":"id","from":12345678901234567890,"to":12345678901234567891}]',
  )
  expect(jsonChanges(parseExact(one), { id: {} }, 10).map(({ path }) => path)).toEqual(['id'])
})
