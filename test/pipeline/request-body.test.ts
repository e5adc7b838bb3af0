import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ProxyError } from '../../src/core/errors.ts'
import { ASKED_MODEL_CHARS_MAX, JSON_DEPTH_MAX } from '../../src/core/limits.ts'
import { anthropicSurface } from '../../src/dialect/anthropic/index.ts'
import { openaiResponsesSurface } from '../../src/dialect/openai-responses/index.ts'
import { spliceMembers } from '../../src/pipeline/edit-body.ts'
import { readRequestBody } from '../../src/pipeline/request-body.ts'
import { RUNS } from '../arbitraries.ts'
import { jsonDocument, spell } from '../support/json-document.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })
const MESSAGES = '"messages":[{"role":"user","content":"hi"}]'

function read(document: string | Uint8Array) {
  const bytes = typeof document === 'string' ? utf8.encode(document) : document
  return readRequestBody(bytes, anthropicSurface)
}

function refusal(document: string | Uint8Array): ProxyError {
  try {
    read(document)
  } catch (thrown) {
    if (thrown instanceof ProxyError) return thrown
    throw thrown
  }
  throw new Error(`${text.decode(utf8.encode(String(document)))} was read`)
}

test('a body is read up to the limit of its depth, and refused one level beyond', () => {
  const nested = (levels: number) => `{"model":"m",${MESSAGES},"x":${'['.repeat(levels)}${']'.repeat(levels)}}`

  expect(read(nested(JSON_DEPTH_MAX - 1)).envelope.model).toBe('m')
  expect(refusal(nested(JSON_DEPTH_MAX)).kind).toBe('invalid_request')
  expect(refusal(nested(100_000)).kind).toBe('invalid_request')
})

describe("a model's name is", () => {
  for (const name of [
    'claude-opus-5-5[1m]',
    'org/model:tag',
    'Llama 3 8B',
    '模型',
    'm'.repeat(ASKED_MODEL_CHARS_MAX),
  ]) {
    test(`taken: ${name.slice(0, 40)}`, () => {
      expect(read(JSON.stringify({ model: name, messages: [{ role: 'user', content: 'hi' }] })).envelope.model).toBe(
        name,
      )
    })
  }

  for (const name of ['.', '..', ' m', 'm\n', 'm\u0000', 'm\u200b', '\ud800', 'm'.repeat(ASKED_MODEL_CHARS_MAX + 1)]) {
    test(`refused where it would be another elsewhere: ${JSON.stringify(name).slice(0, 40)}`, () => {
      const { kind, detail } = refusal(JSON.stringify({ model: name, messages: [{ role: 'user', content: 'hi' }] }))

      expect([kind, detail.path]).toEqual(['invalid_request', 'model'])
    })
  }
})

describe('a key that lynkr acts on', () => {
  for (const key of anthropicSurface.actedOnKeys) {
    const value = key === 'model' ? '"m"' : key === 'stream' ? 'true' : '5'
    const rest = key === 'model' ? '' : '"model":"m",'

    test(`is refused when ${key} comes twice, in every spelling of either`, () => {
      fc.assert(
        fc.property(fc.array(fc.boolean(), { maxLength: 5 }), fc.array(fc.boolean(), { maxLength: 5 }), (one, two) => {
          const document = `{${rest}${spell(key, one)}:${value},${MESSAGES},${spell(key, two)}:${value}}`

          const error = refusal(document)

          expect(error.kind).toBe('invalid_request')
          expect(error.detail.path).toBe(key)
        }),
        RUNS,
      )
    })

    test(`is read when ${key} comes once in any spelling and again only inside other members`, () => {
      fc.assert(
        fc.property(fc.array(fc.boolean(), { maxLength: 5 }), fc.array(fc.boolean(), { maxLength: 5 }), (one, two) => {
          const nested = `"metadata":{${spell(key, two)}:"x","deep":[{${spell(key, one)}:${value}},${spell(key, two)}]}`
          const tool = `"tools":[{"name":"t","input_schema":{"type":"object","properties":{"${key}":{"type":"string"}},"required":["${key}"]}}]`
          const document = `{${nested},${rest}${tool},${spell(key, one)}:${value},${MESSAGES}}`

          expect(read(document).envelope.model).toBe('m')
        }),
        RUNS,
      )
    })
  }

  test.each(['background', 'conversation', 'previous_response_id'])(
    'is refused when %s comes twice in a Responses request, the second time as nothing',
    (key) => {
      const document = `{"model":"m","input":"hi","${key}":"x","${key}":null}`

      expect(() => readRequestBody(utf8.encode(document), openaiResponsesSurface)).toThrow(`${key}: occurs twice`)
    },
  )

  test('may be quoted in a prompt any number of times', () => {
    const prompt = JSON.stringify('{"model":"x","stream":true,"max_tokens":1} "model" \\u006dodel')
    const document = `{"model":"m","messages":[{"role":"user","content":${prompt}}],"stream":true}`

    expect(read(document).envelope.stream).toBe(true)
  })

  test('is refused when its twin hides inside a nested object that itself occurs twice', () => {
    const document = `{"model":"a","metadata":{"x":"model"},"metadata":{},"model":"b",${MESSAGES}}`

    expect(refusal(document).detail.path).toBe('model')
  })

  test('is named __proto__ without harm', () => {
    const document = `{"__proto__":{"model":"evil"},"model":"m",${MESSAGES}}`

    expect(read(document).envelope.model).toBe('m')
  })
})

describe('a body that cannot be read', () => {
  const cases: [name: string, body: string | Uint8Array][] = [
    ['nothing', ''],
    ['half an object', '{"model":'],
    ['a byte order mark', `\ufeff{"model":"m",${MESSAGES}}`],
    ['invalid UTF-8', new Uint8Array([...utf8.encode('{"model":"'), 0xff, ...utf8.encode('"}')])],
    ['a lone continuation byte', new Uint8Array([0x80])],
    ['an overlong encoding', new Uint8Array([...utf8.encode('{"a":"'), 0xc0, 0xaf, ...utf8.encode('"}')])],
    ['NUL', '\0'],
    ['NUL inside a string', '{"model":"\0"}'],
    ['a number that is not JSON', '{"model":NaN}'],
    ['a trailing comma', '{"model":"m",}'],
    ['single quotes', "{'model':'m'}"],
    ['a comment', '{"model":"m"/* */}'],
    ['two documents', '{"model":"m"}{"model":"m"}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"model"'],
    ['a number', '7'],
  ]
  for (const [name, body] of cases) {
    test(`is refused as invalid: ${name}`, () => {
      expect(refusal(body).kind).toBe('invalid_request')
    })
  }

  test('is refused for any bytes at all without another error than ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusal(bytes).kind).toBe('invalid_request')
      }),
      RUNS,
    )
  })

  test('is refused for any JSON of the wrong shape, or read', () => {
    fc.assert(
      fc.property(jsonDocument, ({ document }) => {
        try {
          read(document)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProxyError)
        }
      }),
      RUNS,
    )
  })
})

describe('splicing', () => {
  const anyName = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('m', 'a"b', 'claude-opus-5-5'))

  test('changes the member and no other byte of what JSON.parse reads', () => {
    fc.assert(
      fc.property(jsonDocument, anyName, ({ document, members }, model) => {
        fc.pre(members.filter(([key]) => key === 'model').length <= 1)
        const before: object = JSON.parse(document)

        const spliced = text.decode(spliceMembers(utf8.encode(document), { model }))

        expect(JSON.parse(spliced)).toEqual(JSON.parse(JSON.stringify({ ...before, model })))
      }),
      RUNS,
    )
  })

  test('leaves everything around the value as it stands', () => {
    const before = ` {"a":"model", "model" :\t"old" ,"b":{"model":"kept"}} `

    const spliced = text.decode(spliceMembers(utf8.encode(before), { model: 'new' }))

    expect(spliced).toBe(` {"a":"model", "model" :\t"new" ,"b":{"model":"kept"}} `)
  })

  test('finds a member spelled with escapes', () => {
    const spliced = text.decode(spliceMembers(utf8.encode('{"\\u006dodel":"old"}'), { model: 'new' }))

    expect(JSON.parse(spliced)).toEqual({ model: 'new' })
  })

  test('adds what is missing in front, also to an empty object', () => {
    expect(text.decode(spliceMembers(utf8.encode('{}'), { model: 'm' }))).toBe('{"model":"m"}')
    expect(text.decode(spliceMembers(utf8.encode('{"a":1}'), { model: 'm', n: 2 }))).toBe('{"model":"m","n":2,"a":1}')
  })

  test('changes several members at once, whatever their order', () => {
    const spliced = text.decode(spliceMembers(utf8.encode('{"b":1,"a":2,"c":3}'), { a: 'x', b: 'y' }))

    expect(spliced).toBe('{"b":"y","a":"x","c":3}')
  })

  test('takes a member out, with its comma, wherever it stands', () => {
    const cases: [string, object, string][] = [
      ['{"model":"m","a":1}', { model: undefined }, '{"a":1}'],
      ['{"a":1,"model":"m"}', { model: undefined }, '{"a":1}'],
      ['{"a":1, "model" : "m" ,"b":2}', { model: undefined }, '{"a":1, "b":2}'],
      ['{"model":"m"}', { model: undefined }, '{}'],
      ['{"model":"m"}', { model: undefined, n: 1 }, '{"n":1}'],
      ['{"a":1}', { model: undefined }, '{"a":1}'],
      ['{"a":1,"model":"m","stream":true}', { model: undefined, stream: undefined }, '{"a":1}'],
      ['{"a":1 , "model":"m" , "stream":true }', { stream: undefined, model: undefined }, '{"a":1 }'],
      ['{"model":"m","a":1,"stream":true}', { model: undefined, stream: undefined }, '{"a":1}'],
      ['{"model":"m","stream":true}', { model: undefined, stream: undefined, n: 1 }, '{"n":1}'],
    ]

    for (const [before, edits, after] of cases) {
      expect(text.decode(spliceMembers(utf8.encode(before), { ...edits }))).toBe(after)
    }
  })

  test('takes any members out and sets any others, together, as on the parsed object', () => {
    const edit = fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined })
    fc.assert(
      fc.property(jsonDocument, fc.array(edit, { minLength: 8 }), ({ document, members }, values) => {
        const keys = members.map(([key]) => key)
        fc.pre(new Set(keys).size === keys.length && !keys.includes('__proto__'))
        const edits = Object.fromEntries(keys.map((key, i) => [key, values[i]]))
        const expected: unknown = JSON.parse(JSON.stringify({ ...JSON.parse(document), ...edits }))

        expect(JSON.parse(text.decode(spliceMembers(utf8.encode(document), edits)))).toEqual(expected)
      }),
      RUNS,
    )
  })

  test('takes members out of any document as deleting the key would', () => {
    fc.assert(
      fc.property(jsonDocument, ({ document, members }) => {
        fc.pre(members.filter(([key]) => key === 'model').length <= 1)
        const { model: _model, ...rest }: Record<string, unknown> = JSON.parse(document)

        const spliced = text.decode(spliceMembers(utf8.encode(document), { model: undefined, added: 1 }))

        expect(JSON.parse(spliced)).toEqual({ ...rest, added: 1 })
      }),
      RUNS,
    )
  })
})
