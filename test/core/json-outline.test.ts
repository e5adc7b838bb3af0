import { describe, expect, test } from 'bun:test'
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { createOutliner } from '../../src/core/json-outline.ts'
import { RUNS } from '../arbitraries.ts'

const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const outlineOf = createOutliner(isUtf8)
/** Makes every document large enough to be outlined, and has something cut in it. */
const LONG = 'A long text. '.repeat(400)

/** Long and short texts of everything that JSON writes in a way of its own, and much that it does not. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', '\\', '\n', '\t', '\u0000', '\u001f', '/', 'é', '模', '😀', '<', 'a', ' ', 'word '), {
      minLength: 60,
      maxLength: 400,
    })
    .map((pieces) => pieces.join('')),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1.5e-7, 12_345_678),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom('role', 'type', 'content'), fc.string({ unit: 'binary' })), tie('any'), {
      maxKeys: 4,
    }),
  ),
})).any
const member = fc.tuple(fc.constantFrom('model', 'messages', 'system', 'a b', 'é', 'x'.repeat(200)), value)
/** The written form of an object with long texts in it, blanks between its tokens or not. */
const document = fc
  .tuple(fc.uniqueArray(member, { maxLength: 5, selector: ([key]) => key }), fc.constantFrom(undefined, 1, '\t'))
  .map(([members, indent]) =>
    JSON.stringify({ long: LONG, ...Object.fromEntries(members), last: [LONG] }, null, indent),
  )

/** What JSON.parse makes of bytes, or nothing. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strict.decode(bytes))
  } catch {
    // No JSON in UTF-8.
    return undefined
  }
}

/** The document with every long string cut as an outline does. */
function cut(whole: unknown): unknown {
  if (typeof whole === 'string') {
    const written = JSON.stringify(whole).slice(1, -1)
    if (utf8.encode(written).length <= 128) return whole
    return /^[ !#-[\]-~]{0,16}/.exec(written)?.[0] ?? ''
  }
  if (Array.isArray(whole)) return whole.map(cut)
  if (typeof whole !== 'object' || whole === null) return whole
  return Object.fromEntries(Object.entries(whole).map(([key, of]) => [key, cut(of)]))
}

describe('an outline', () => {
  test('holds what JSON.parse does, and cuts long strings to what they begin with', () => {
    fc.assert(
      fc.property(document, (written) => {
        const bytes = utf8.encode(written)
        const outlined = outlineOf(bytes)

        expect(outlined).not.toBeNull()
        expect(outlined?.outline).toEqual(Object(cut(JSON.parse(written))))
        expect({ ...outlined?.json }).toEqual(JSON.parse(written))
      }),
      RUNS,
    )
  })

  test('is made of nothing that JSON.parse refuses, wherever a byte is another', () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.nat(255), (written, place, byte) => {
        const bytes = utf8.encode(written)
        bytes[place % bytes.length] = byte
        const outlined = outlineOf(bytes)
        const whole = parsed(bytes)

        if (outlined !== null) expect({ ...outlined.json }).toEqual(Object(whole))
        if (whole === undefined) expect(outlined).toBeNull()
      }),
      RUNS,
    )
  })

  test('is made of nothing that is cut off or goes on', () => {
    fc.assert(
      fc.property(
        document,
        fc.nat(),
        fc.constantFrom('', '}', ']', '"', ',', '\u0000', '{}', ' '),
        (written, at, more) => {
          const bytes = utf8.encode(written.slice(0, at % (written.length + 1)) + more)
          const outlined = outlineOf(bytes)

          expect(outlined === null ? null : { ...outlined.json }).toEqual(
            outlined === null ? null : Object(parsed(bytes)),
          )
        },
      ),
      RUNS,
    )
  })
})

describe('left to the plain parse is', () => {
  const padded = (members: string): Uint8Array => utf8.encode(`{${members},"long":"${LONG}"}`)

  test.each([
    ['a key that occurs twice', '"model":"a","model":"b"'],
    ['a key that occurs twice, once as an escape', '"model":"a","mod\\u0065l":"b"'],
    ['a key with an escape', '"a\\n":1'],
    ['a key that is a prototype', '"__proto__":{"x":1}'],
    ['an escaped letter, which could hide a mark', `"signature":"\\u006cynkr1.${'x'.repeat(200)}"`],
    ['an escaped digit', '"a":"\\u0031"'],
    ['an unknown escape', '"a":"\\x41"'],
    ['an escape that is no number', '"a":"\\u00g1"'],
    ['half an escape at the end of a string', '"a":"\\"'],
    ['a line break in a string', '"a":"b\nc"'],
    ['a comma too many', '"a":1,'],
    ['more members than are told apart', Array.from({ length: 80 }, (_, i) => `"k${i}":1`).join(',')],
  ])('%s', (_, members) => {
    expect(outlineOf(padded(members))).toBeNull()
  })

  test.each([
    ['a list', `[${JSON.stringify(LONG)}]`],
    ['a text', JSON.stringify(LONG)],
    ['what begins with a byte order mark', `\ufeff{"long":"${LONG}"}`],
    ['what is short', '{"model":"m"}'],
  ])('%s', (_, written) => {
    expect(outlineOf(utf8.encode(written))).toBeNull()
  })

  test('bytes that are not UTF-8, also where they would be cut out', () => {
    const bytes = padded('"model":"m"')
    bytes[bytes.length - 40] = 0xff

    expect(outlineOf(bytes)).toBeNull()
  })
})

test('a text that is larger than the one before has room, and one that is smaller sees nothing of it', () => {
  const written = (length: number): string =>
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'é'.repeat(length) }] })

  for (const length of [3_000, 1_000_000, 2_500, 300_000]) {
    expect(outlineOf(utf8.encode(written(length)))?.json.messages).toEqual(JSON.parse(written(length)).messages)
  }
})
