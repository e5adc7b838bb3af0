import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { REDACTED } from '../../src/core/secret.ts'
import { createRedactor } from '../../src/sandbox/redact.ts'

function redact(pieces: readonly string[], secrets: readonly string[] = []): string {
  const redactor = createRedactor(secrets)
  return pieces.map((piece) => redactor.push(piece)).join('') + redactor.end()
}

const KEY = `sk-ant-api03-${'a1B2'.repeat(10)}`

describe('the redactor', () => {
  test.each([
    KEY,
    `sk-${'x'.repeat(40)}`,
    `lynkr_${'aB3_-'.repeat(8)}xyz`,
    `AKIA${'A'.repeat(16)}`,
    `ghp_${'a'.repeat(36)}`,
    `github_pat_${'a'.repeat(60)}`,
    `glpat-${'a'.repeat(20)}`,
    `gsk_${'a'.repeat(52)}`,
    `xai-${'a'.repeat(80)}`,
    `ya29.${'a'.repeat(60)}`,
    `xoxb-${'1'.repeat(20)}`,
    `AIza${'a'.repeat(35)}`,
    `dapi${'0'.repeat(32)}`,
    `AQ.Ab8${'R-x_'.repeat(12)}`,
    `ABSKQmVkcm9ja0FQSUtleS0${'a1+/'.repeat(20)}==`,
    `bedrock-api-key-${'YmVk'.repeat(20)}==`,
    `gsk_${'aB3'.repeat(17)}`,
    `xai-${'aB3'.repeat(26)}`,
    `hf_${'aB3'.repeat(11)}`,
    `nvapi-${'a_B-3'.repeat(12)}`,
    `npm_${'aB3'.repeat(12)}`,
    `ya29.${'a0-_'.repeat(30)}`,
    `sk_live_${'aB3'.repeat(10)}`,
    `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`,
  ])('hides a credential shaped like %s', (secret) => {
    expect(redact([`KEY=${secret}\nnext`])).toBe(`KEY=${REDACTED}\nnext`)
  })

  test('leaves ordinary text as it is', () => {
    const text = 'task-list sk-short AKIA eyJust a text: disk-usage; git-sha 0123456789abcdef0123456789abcdef01234567\n'

    expect(redact([text])).toBe(text)
  })

  test('hides its own secrets by value, white space and all', () => {
    expect(redact(['a my secret value b'], ['my secret value'])).toBe(`a ${REDACTED} b`)
  })

  test('hides a secret wherever the stream is cut', () => {
    const secrets = ['correct horse battery', 'hunter2hunter2']
    const text = `x ${secrets[0]} y${secrets[1]}z ${KEY} end`
    const expected = redact([text], secrets)

    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((place, i) => text.slice(places[i], place))

        const output = redact(pieces, secrets)

        expect(output).toBe(expected)
      }),
      { numRuns: 300 },
    )
    expect(expected).not.toContain('horse')
  })

  test('passes everything else on unchanged, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '-') })), (pieces) => {
        expect(redact(pieces, ['password-of-nobody'])).toBe(pieces.join(''))
      }),
      { numRuns: 300 },
    )
  })

  test.each(['sk-', 'eyJ', 'eyJ0123456789.', 'ghp'])('takes megabytes of %s in pieces, in linear time', (piece) => {
    const redactor = createRedactor(['a-key-of-a-provider'])
    let length = 0
    for (let i = 0; i < 64; i++) length += redactor.push(piece.repeat(5_000)).length

    expect(length + redactor.end().length).toBeLessThanOrEqual(64 * 5_000 * piece.length)
  })

  test('takes a line without end a character at a time, whatever keys there are', () => {
    const session = `IQoJ${'b3JpZ2luX2Vj'.repeat(100)}`
    const lines = Array.from({ length: 40 }, (_, i) => `${i}`.padStart(2, '0') + 'MIIEvQIBADANBgkq'.repeat(4))
    const redactor = createRedactor([session, ...lines])
    let length = 0
    for (let i = 0; i < 300_000; i++) length += redactor.push('a').length

    expect(length).toBeGreaterThanOrEqual(300_000 - 2 * 4096)
    expect(redactor.push(`${session} `) + redactor.end()).toEndWith(`a${REDACTED} `)
  })

  test.each(['', 'a'])('parts no character where it cuts a line without end (%j)', (last) => {
    const redactor = createRedactor([])

    const pieces = [redactor.push(`${'\u{1f600}'.repeat(5_000)}${last}`), redactor.end()]

    expect(pieces.map((piece) => piece.isWellFormed())).toEqual([true, true])
  })

  test('holds back at most 4096 characters of a line without end', () => {
    const redactor = createRedactor([])

    expect(redactor.push('a'.repeat(100_000)).length).toBe(100_000 - 4096)
  })
})
