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
  [`API key not valid: AQ.Ab8${'R-x_'.repeat(12)}.`, 'API key not valid: [redacted].'],
  [`key ABSKQmVkcm9ja0FQSUtleS0${'a1+/'.repeat(20)}= has ended`, 'key [redacted] has ended'],
  [`token bedrock-api-key-${'YmVk'.repeat(20)}==`, 'token [redacted]'],
  [`wrong key ${'0123456789abcdef'.repeat(2)}.AbCdEfGh12345678`, 'wrong key [redacted]'],
  [`hf_${'aB3'.repeat(11)} and nvapi-${'a_B-3'.repeat(12)}`, '[redacted] and [redacted]'],
  [`gho_${'a1B2'.repeat(9)} github_pat_${'a1_B'.repeat(20)}`, '[redacted] [redacted]'],
  [
    'FAQ.about-the-whole-product d41d8cd98f00b204e9800998ecf8427e.tar.gz',
    'FAQ.about-the-whole-product d41d8cd98f00b204e9800998ecf8427e.tar.gz',
  ],
  ['authorization=basic dXNlcjpwYXNz', 'authorization=[redacted]'],
  ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
  ['jwt eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig', 'jwt [redacted]'],
  ['bad credentials: ghp_0123456789abcdef', 'bad credentials: [redacted]'],
  ['the token xoxb-0123456789 has expired', 'the token [redacted] has expired'],
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
  for (const beginning of [
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa_',
    'sk-',
    'ghp_',
    'Bearer ',
    'ya29.',
    'AQ.',
    'ABSK',
    'bedrock-api-key-',
    '0123456789abcdef',
  ]) {
    const text = beginning.repeat(200_000)

    expect(redactText(`${text} dapi0123456789abcdef`)).toEndWith(' [redacted]')
  }
})
