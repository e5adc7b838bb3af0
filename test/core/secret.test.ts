import { expect, test } from 'bun:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { redactText, Secret } from '../../src/core/secret.ts'

test('only reveal gives the text of a secret', () => {
  const secret = new Secret('canary')

  const printed = [
    String(secret),
    `${secret}`,
    `${secret as unknown as string}${''}`,
    JSON.stringify({ secret, nested: [secret] }),
    inspect(secret, { depth: 9, showHidden: true }),
    inspect({ secret }),
    Bun.inspect({ secret }),
    Object.values(secret).join(),
    JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    JSON.stringify(structuredClone({ secret })),
  ]

  expect(printed.join()).not.toContain('canary')
  expect(secret.reveal()).toBe('canary')
})

test.each([
  ['invalid x-api-key sk-ant-api03-AbCd_123-456', 'invalid x-api-key [redacted]'],
  ['Incorrect API key provided: sk-proj-12345678.', 'Incorrect API key provided: [redacted].'],
  ['token dapi0123456789abcdef expired', 'token [redacted] expired'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: [redacted]'],
  ['authorization=basic dXNlcjpwYXNz', 'authorization=[redacted]'],
  ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
  ['jwt eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig', 'jwt [redacted]'],
  ['ask-me-anything risk-adjusted bearer of news', 'ask-me-anything risk-adjusted bearer of news'],
  ['', ''],
])('in %p what looks like a credential is replaced', (text, redacted) => {
  expect(redactText(text)).toBe(redacted)
})

test('a credential is found wherever it stands in a text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      expect(redactText(`${before} sk-ant-canary0123 ${after}`)).not.toContain('canary0123')
    }),
    { numRuns: 200 },
  )
})

test('megabytes of what only begins like a credential are looked through in linear time', () => {
  for (const beginning of ['eyJaaaaaaaa-', 'eyJaaaaaaaa_', 'sk-', 'Bearer ', 'ya29.']) {
    const text = beginning.repeat(200_000)

    expect(redactText(`${text} dapi0123456789abcdef`)).toEndWith(' [redacted]')
  }
})
