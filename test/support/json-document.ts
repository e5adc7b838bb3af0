import fc from 'fast-check'

export interface JsonDocument {
  /** A JSON object as a text that no serializer would write: escapes, blanks, and keys that come twice. */
  readonly document: string
  /** Its members in the order of the text. */
  readonly members: readonly (readonly [key: string, value: unknown])[]
}

/** Keys that lynkr acts on, their neighbours, and anything else. */
const anyKey = fc.oneof(
  fc.constantFrom('model', 'stream', 'max_tokens', 'messages', '', 'Model', 'models', '"model"', '\\', 'é'),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
)

const anyBlank = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n  ')

const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    { model: 'nested' },
    [{ stream: true }],
    '{"model":1}',
    '"model":',
    'model',
    '}',
    ']',
    '\\"',
  ),
)

/** A JSON string that spells some characters as `\u` escapes. */
export function spell(text: string, escapes: readonly boolean[]): string {
  const units = Array.from({ length: text.length }, (_, i) => {
    const unit = text[i] ?? ''
    const isEscaped = escapes.length > 0 && escapes[i % escapes.length]
    if (isEscaped) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
    return isLoneOrPair(unit) ? unit : JSON.stringify(unit).slice(1, -1)
  })
  return `"${units.join('')}"`
}

/** Halves of a pair are written as they are, so that the pair stays one character. */
function isLoneOrPair(unit: string): boolean {
  const code = unit.charCodeAt(0)
  return code >= 0xd800 && code <= 0xdfff
}

const anyMember = fc.record({
  key: anyKey.filter((key) => key.isWellFormed()),
  value: anyValue,
  escapes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.boolean(), { maxLength: 4 })),
  blanks: fc.tuple(anyBlank, anyBlank, anyBlank, anyBlank),
})

export const jsonDocument: fc.Arbitrary<JsonDocument> = fc
  .tuple(anyBlank, fc.array(anyMember, { maxLength: 8 }), anyBlank)
  .map(([before, members, after]) => {
    const texts = members.map(({ key, value, escapes, blanks: [a, b, c, d] }) => {
      const name = key.length > 0 && /[\ud800-\udfff]/.test(key) ? JSON.stringify(key) : spell(key, escapes)
      return `${a}${name}${b}:${c}${JSON.stringify(value)}${d}`
    })
    return {
      document: `${before}{${texts.join(',') || ' '}}${after}`,
      // Through JSON, as the document's values are: -0 becomes 0.
      members: members.map(({ key, value }) => [key, JSON.parse(JSON.stringify(value))] as const),
    }
  })
