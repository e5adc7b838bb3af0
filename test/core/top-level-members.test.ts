import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { topLevelMembers } from '../../src/core/top-level-members.ts'
import { RUNS } from '../arbitraries.ts'
import { jsonDocument } from '../support/json-document.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })

function membersOf(document: string): [string, unknown][] {
  const bytes = utf8.encode(document)
  return topLevelMembers(bytes).map(({ key, valueStart, valueEnd }) => [
    key,
    JSON.parse(text.decode(bytes.subarray(valueStart, valueEnd))),
  ])
}

describe('the members of the top-level object', () => {
  test('are what JSON.parse reads, in order, duplicates included, however they are spelled and spaced', () => {
    fc.assert(
      fc.property(jsonDocument, ({ document, members }) => {
        const found = membersOf(document)

        expect(found).toEqual(members.map(([key, value]) => [key, value]))
      }),
      RUNS,
    )
  })

  test('are none in an empty object', () => {
    expect(membersOf(' { \n} ')).toEqual([])
  })

  const numbers = ['0', '-1', '1e9', '-0.5E-3', 'true', 'false', 'null']
  for (const value of numbers) {
    test(`end behind ${value}, with and without a blank`, () => {
      expect(membersOf(`{"a":${value}}`)).toEqual([['a', JSON.parse(value)]])
      expect(membersOf(`{"a":${value} ,"b":${value}\n}`)).toEqual([
        ['a', JSON.parse(value)],
        ['b', JSON.parse(value)],
      ])
    })
  }

  test('never hang the scan, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\ au1') }),
        (bytes, near) => {
          for (const input of [bytes, utf8.encode(`{"${near}`), utf8.encode(near)]) {
            const members = tryMembers(input)
            for (const { valueStart, valueEnd } of members) expect(valueEnd).toBeGreaterThanOrEqual(valueStart)
          }
        },
      ),
      RUNS,
    )
  })
})

/** A key that is not JSON may throw; nothing else may. */
function tryMembers(bytes: Uint8Array): ReturnType<typeof topLevelMembers> {
  try {
    return topLevelMembers(bytes)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SyntaxError)
    return []
  }
}
